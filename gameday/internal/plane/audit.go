package plane

import (
	"fmt"
	"os"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/credentials"
)

// auditPolicy has the API server log who of the operators asked for what, and
// nothing of what was in the request or the answer: there are tokens in pods.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, users: [%s]}
  - {level: None}
`

func writeAuditPolicy(path string) error {
	operators := strings.Join([]string{credentials.Admin, credentials.Oncall, credentials.Nobody}, ", ")
	if err := os.WriteFile(path, fmt.Appendf(nil, auditPolicy, operators), 0o600); err != nil {
		return fmt.Errorf("write audit policy: %w", err)
	}
	return nil
}

// auditing are the API server's flags for its audit log, if there is to be one.
func (s specs) auditing() []string {
	if !s.audit {
		return nil
	}
	return []string{"--audit-policy-file=" + s.dir.AuditPolicy(), "--audit-log-path=" + s.dir.Audit()}
}
