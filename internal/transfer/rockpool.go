package transfer

import (
	"context"
	"slices"

	"github.com/rockpool-id/rockpool/internal/client"
)

// Rockpool is a Source and a Target: a server with Rockpool's own operations.
type Rockpool struct {
	Client *client.Client
	Pace   *Pace
	// PoolID is the pool to export.
	PoolID string
	// IAM reads and writes what the pool needs of IAM; nil leaves IAM alone.
	IAM *IAM
	// Further are roles to export beside those that the pool names.
	Further []string
}

var (
	_ Source = (*Rockpool)(nil)
	_ Target = (*Rockpool)(nil)
)

const exportPage = 500

type exportRequest struct {
	IdentityPoolId string
	NextToken      string `json:",omitempty"`
	MaxResults     int
}

type exportAnswer struct {
	Pool       *Pool
	Identities []Identity
	NextToken  string
}

func (r *Rockpool) call(ctx context.Context, operation string, in, out any) error {
	return r.Pace.Do(ctx, func(ctx context.Context) error {
		return r.Client.JSON(ctx, "rockpool", "Rockpool."+operation, in, out)
	})
}

// Header implements Source.
func (r *Rockpool) Header(ctx context.Context) (*Header, error) {
	var got exportAnswer
	if err := r.call(ctx, "ExportIdentityPool", exportRequest{IdentityPoolId: r.PoolID, MaxResults: 1}, &got); err != nil {
		return nil, err
	}
	h := &Header{}
	if got.Pool != nil {
		h.Pool = *got.Pool
	}
	if r.IAM != nil {
		if err := r.IAM.Collect(ctx, h, r.Further); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Page implements Source.
func (r *Rockpool) Page(ctx context.Context, from string) ([]Identity, string, error) {
	var got exportAnswer
	in := exportRequest{IdentityPoolId: r.PoolID, NextToken: from, MaxResults: exportPage}
	if err := r.call(ctx, "ExportIdentityPool", in, &got); err != nil {
		return nil, "", err
	}
	return got.Identities, got.NextToken, nil
}

type importRequest struct {
	IdentityPoolId string
	Pool           *Pool      `json:",omitempty"`
	Identities     []Identity `json:",omitempty"`
}

// poolPart stands in the list of what was prepared.
const poolPart = "pool"

// Prepare implements Target.
func (r *Rockpool) Prepare(ctx context.Context, h *Header, done []string, save func(part string) error) error {
	if r.IAM != nil {
		if err := r.IAM.Write(ctx, h, done, save); err != nil {
			return err
		}
	}
	if slices.Contains(done, poolPart) {
		return nil
	}
	if err := r.call(ctx, "ImportIdentityPool", importRequest{IdentityPoolId: h.Pool.IdentityPoolId, Pool: &h.Pool}, nil); err != nil {
		return err
	}
	return save(poolPart)
}

// Import implements Target.
func (r *Rockpool) Import(ctx context.Context, poolID string, list []Identity) (Result, error) {
	var got Result
	err := r.call(ctx, "ImportIdentityPool", importRequest{IdentityPoolId: poolID, Identities: list}, &got)
	return got, err
}
