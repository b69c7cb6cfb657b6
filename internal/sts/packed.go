package sts

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/rockpool-id/rockpool/internal/iam"
)

const (
	// packedLimit is the allotted space for session policies and tags, after
	// compression. AWS does not disclose its own; see iam-sts.md 3.3.
	packedLimit = 2048
	// compressFrom is the size below which compression is not worth its time.
	compressFrom = 256
	// unpackLimit bounds what a packed part may expand to: the largest session
	// policy that a request can carry, twice.
	unpackLimit = 1 << 18
)

// The first byte of a packed part.
const (
	packedPlain    = 0
	packedDeflated = 1
)

// packer compresses what clients send along for a session. Compressors are
// large, so they are kept between uses.
type packer struct{ writers sync.Pool }

// pack encodes the session policies, policy ARNs and tags of s. It returns
// nothing when there are none, and a *PackedTooLarge when they do not fit.
func (p *packer) pack(s *Session) ([]byte, error) {
	if len(s.Policies) == 0 && len(s.PolicyARNs) == 0 && len(s.Tags) == 0 {
		return nil, nil
	}
	out, err := p.encode(s.Policies, s.PolicyARNs, s.Tags)
	if err != nil {
		return nil, err
	}
	if len(out) <= packedLimit {
		return out, nil
	}
	// AWS names the tags when they alone are too much.
	tags, err := p.encode(nil, nil, s.Tags)
	if err != nil {
		return nil, err
	}
	if len(tags) > packedLimit {
		return nil, &PackedTooLarge{Percent: packedPercent(tags), Tags: true}
	}
	return nil, &PackedTooLarge{Percent: packedPercent(out)}
}

// packedPercent is how much of the allotted space a packed part takes.
func packedPercent(packed []byte) int { return (len(packed)*100 + packedLimit - 1) / packedLimit }

func (p *packer) encode(policies, arns []string, tags []iam.Tag) ([]byte, error) {
	plain := []byte{packedPlain}
	plain = appendTexts(plain, policies)
	plain = appendTexts(plain, arns)
	list := make([]string, 0, 2*len(tags))
	for _, t := range tags {
		list = append(list, t.Key, t.Value)
	}
	plain = appendTexts(plain, list)
	if len(plain) < compressFrom {
		return plain, nil
	}
	var out bytes.Buffer
	out.WriteByte(packedDeflated)
	w, ok := p.writers.Get().(*flate.Writer)
	if ok {
		w.Reset(&out)
	} else {
		var err error
		// The fastest level: a better one clears half a megabyte per session.
		if w, err = flate.NewWriter(&out, flate.BestSpeed); err != nil {
			return nil, fmt.Errorf("sts: compress session policies: %w", err)
		}
	}
	if _, err := w.Write(plain[1:]); err != nil {
		return nil, fmt.Errorf("sts: compress session policies: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sts: compress session policies: %w", err)
	}
	p.writers.Put(w)
	return out.Bytes(), nil
}

// unpack reads a packed part into s.
func (s *Session) unpack(packed string) error {
	if packed == "" {
		return nil
	}
	d := decoder{text: packed[1:]}
	switch packed[0] {
	case packedPlain:
	case packedDeflated:
		plain, err := io.ReadAll(io.LimitReader(flate.NewReader(strings.NewReader(d.text)), unpackLimit))
		if err != nil {
			return fmt.Errorf("%w: %w", errCodec, err)
		}
		d.text = string(plain)
	default:
		return errCodec
	}
	s.Policies, s.PolicyARNs = d.strs(), d.strs()
	list := d.strs()
	if d.bad || d.text != "" || len(list)%2 != 0 {
		return errCodec
	}
	for i := 0; i < len(list); i += 2 {
		s.Tags = append(s.Tags, iam.Tag{Key: list[i], Value: list[i+1]})
	}
	return nil
}
