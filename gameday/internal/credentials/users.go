package credentials

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// TokensFile is the API server's list of users that WriteUsers leaves.
const TokensFile = "tokens.csv"

// The users of a game day. Admin may do anything, but by a role as operators
// do, not as a member of system:masters, whom no priority level queues.
// Oncall, of the group of that name, and Nobody may do what a test binds them
// to. Internal is for the game day's own components.
const (
	Admin    = "admin"
	Oncall   = "oncall"
	Nobody   = "nobody"
	internal = "gameday-internal"
)

// Users holds the users' tokens.
type Users struct {
	tokens map[string]string
}

// WriteUsers makes up tokens and writes them into dir for the API server.
func WriteUsers(dir string) (Users, error) {
	users := Users{tokens: map[string]string{}}
	var lines strings.Builder
	for _, user := range []struct{ name, group string }{
		{internal, "system:masters"}, {Admin, "admins"}, {Oncall, "oncall"}, {Nobody, ""},
	} {
		token := rand.Text()
		users.tokens[user.name] = token
		fmt.Fprintf(&lines, "%s,%s,%s,%q\n", token, user.name, user.name, user.group)
	}
	if err := os.WriteFile(filepath.Join(dir, TokensFile), []byte(lines.String()), 0o600); err != nil {
		return Users{}, fmt.Errorf("write users: %w", err)
	}
	return users, nil
}

// WriteKubeconfig writes the operator's kubeconfig: a context named after the
// game day for the admin, and one each for the limited users.
func (u Users) WriteKubeconfig(path, server, name, namespace string, ca []byte) error {
	config := api.NewConfig()
	cluster := "gameday-" + name
	config.Clusters[cluster] = &api.Cluster{Server: server, CertificateAuthorityData: ca}
	for _, user := range []string{Admin, Oncall, Nobody} {
		context := cluster
		if user != Admin {
			context += "-" + user
		}
		config.AuthInfos[context] = &api.AuthInfo{Token: u.tokens[user]}
		config.Contexts[context] = &api.Context{Cluster: cluster, AuthInfo: context, Namespace: namespace}
	}
	config.CurrentContext = cluster
	return write(*config, path)
}

// WriteInternal writes the kubeconfig of the game day's own components.
func (u Users) WriteInternal(path, server string, ca []byte) error {
	config := api.NewConfig()
	config.Clusters[internal] = &api.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos[internal] = &api.AuthInfo{Token: u.tokens[internal]}
	config.Contexts[internal] = &api.Context{Cluster: internal, AuthInfo: internal}
	config.CurrentContext = internal
	return write(*config, path)
}

func write(config api.Config, path string) error {
	if err := clientcmd.WriteToFile(config, path); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}
