package component

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
)

// What etcd allows in one transaction here: loading tens of thousands of pods
// one by one, or 128 at a time as by default, takes longer than it needs to.
const (
	MaxTxnOps       = 1024
	MaxRequestBytes = 16 << 20
)

type etcdOptions struct {
	dataDir    string
	clientPort int
	peerPort   int
}

func newEtcdCommand() *cobra.Command {
	var options etcdOptions
	command := &cobra.Command{
		Use:   Etcd,
		Short: "A single etcd member that forgets its durability",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return options.serve(c.Context())
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.dataDir, "data-dir", "", "where the data goes")
	flags.IntVar(&options.clientPort, "client-port", 0, "port for clients on 127.0.0.1")
	flags.IntVar(&options.peerPort, "peer-port", 0, "port for peers on 127.0.0.1; there are none")
	return command
}

func (o etcdOptions) serve(ctx context.Context) error {
	member, err := embed.StartEtcd(o.config())
	if err != nil {
		return fmt.Errorf("start etcd: %w", err)
	}
	defer member.Close()
	select {
	case err := <-member.Err():
		return fmt.Errorf("serve etcd: %w", err)
	case <-member.Server.StopNotify():
		return nil
	case <-ctx.Done():
		return nil
	}
}

func (o etcdOptions) config() *embed.Config {
	clients, peers := loopback(o.clientPort), loopback(o.peerPort)
	config := embed.NewConfig()
	config.Name = "gameday"
	config.Dir = o.dataDir
	config.ListenClientUrls, config.AdvertiseClientUrls = clients, clients
	config.ListenPeerUrls, config.AdvertisePeerUrls = peers, peers
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.MaxTxnOps = MaxTxnOps
	config.MaxRequestBytes = MaxRequestBytes
	// Its data outlives a killed process in the page cache, and is not meant
	// to outlive the machine.
	config.UnsafeNoFsync = true
	// Alone, it need not wait a second for anybody's vote.
	config.TickMs, config.ElectionMs = 10, 100
	config.LogLevel = "warn"
	// Its zero, which only the flag of a real etcd replaces, warns of every request.
	config.WarningUnaryRequestDuration = time.Second
	return config
}

func loopback(port int) []url.URL {
	return []url.URL{{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}}
}
