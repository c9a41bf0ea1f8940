// Package store writes objects straight into etcd, where the API server keeps
// them: the one way to have objects that are older than the cluster.
package store

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/binderctl/binderctl/gameday/internal/world"
)

// Store is etcd as the API server uses it.
type Store struct {
	client *clientv3.Client
}

// Open returns the store of an etcd on this machine, which should listen already.
func Open(ctx context.Context, port int) (*Store, error) {
	client, err := clientv3.New(clientv3.Config{
		Context: ctx, Endpoints: []string{fmt.Sprintf("http://127.0.0.1:%d", port)},
		DialTimeout: 5 * time.Second, Logger: zap.NewNop(), MaxCallSendMsgSize: 2 * batchBytes,
	})
	if err != nil {
		return nil, fmt.Errorf("open etcd: %w", err)
	}
	return &Store{client: client}, nil
}

// Close closes the store.
func (s *Store) Close() error {
	return s.client.Close()
}

const (
	batchOps   = 500 // in a transaction; see component.MaxTxnOps
	batchBytes = 4 << 20
	writers    = 4
)

// Put writes objects, many at a time, over those of the same names, and returns
// how many it wrote.
func (s *Store) Put(ctx context.Context, objects iter.Seq[world.Object]) (int, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	var batch []clientv3.Op
	size, count := 0, 0
	flush := func() {
		ops := batch
		batch, size = nil, 0
		group.Go(func() error {
			if _, err := s.client.Txn(ctx).Then(ops...).Commit(); err != nil {
				return fmt.Errorf("write objects to etcd: %w", err)
			}
			return nil
		})
	}
	var failure error
	for object := range objects {
		key, value, err := encode(object)
		if failure = err; err != nil || ctx.Err() != nil {
			break
		}
		batch, size, count = append(batch, clientv3.OpPut(key, value)), size+len(value), count+1
		if len(batch) == batchOps || size >= batchBytes {
			flush()
		}
	}
	if len(batch) > 0 && failure == nil {
		flush()
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return count, failure
}

const prefix = "/registry/"

// key is where the API server keeps an object: mostly under its resource's
// name, and under older names for some.
func key(resource, namespace, name string) string {
	switch resource {
	case "nodes":
		resource = "minions"
	case "services":
		resource = "services/specs"
	case "endpoints":
		resource = "services/endpoints"
	case "ingresses":
		resource = "ingress"
	}
	parts := []string{resource}
	if namespace != "" {
		parts = append(parts, namespace)
	}
	return prefix + strings.Join(append(parts, name), "/")
}
