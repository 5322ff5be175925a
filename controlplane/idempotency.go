package controlplane

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/opendsql/opendsql/iam"
)

// tokenRecord remembers what a client token was used for and what was answered.
type tokenRecord struct {
	Format  int             `json:"format"`
	AtMs    int64           `json:"atMs"`
	Request string          `json:"request"` // SHA-256 of the parameters
	Answer  json.RawMessage `json:"answer"`
}

// tokenUse is one use of a client token: whose, for what, with which parameters.
type tokenUse struct {
	operation string
	target    string  // the path's identifier, "-" when there is none
	token     *string // nil: the client does without
	input     any     // all parameters but the token, defaults filled in
}

// key is the record of this use; tokens are scoped to account, Region, operation and target.
func (u tokenUse) key(who iam.Identity) string {
	return strings.Join([]string{"token", who.Account, who.Region, u.operation, u.target, hexHash([]byte(*u.token))}, "/")
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// change is what a mutation writes, and what it relied on.
type change struct {
	puts    []KeyValue
	deletes []string
	expect  []Expectation
}

func (c *change) put(key string, value []byte) {
	c.puts = append(c.puts, KeyValue{key, value})
}

// relyOn makes the change fail when a record is no longer as it was read.
func (c *change) relyOn(key string, raw []byte) {
	c.expect = append(c.expect, Expectation{key, raw})
}

// rewrite replaces a record that was read as raw, or only relies on it when nothing changes.
func (c *change) rewrite(key string, raw, after []byte) {
	c.relyOn(key, raw)
	if !bytes.Equal(raw, after) {
		c.put(key, after)
	}
}

// attemptsMax bounds how often a mutation is judged anew because another process
// changed what it had read.
const attemptsMax = 20

// once carries out a mutation at most once per client token. plan judges the
// current records and returns what to write and what to answer; it may be called
// several times and must have no effect of its own. The answer is recorded in the
// same write, so a client that never received it gets the same one for asking again.
func once[Out any](ctx context.Context, a *API, who iam.Identity, u tokenUse, plan func(context.Context) (change, *Out, error)) (*Out, error) {
	select {
	case a.writing <- struct{}{}:
		defer func() { <-a.writing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	for range attemptsMax {
		seen, raw, err := a.usedToken(ctx, who, u)
		if err != nil {
			return nil, err
		}
		if seen != nil {
			return replay[Out](u, seen)
		}
		c, out, refusal := plan(ctx)
		if refusal != nil {
			// Another process may have served the same token since: then what was
			// judged is the state after this very call, and the answer is its answer.
			if seen, _, err := a.usedToken(ctx, who, u); err == nil && seen != nil {
				return replay[Out](u, seen)
			}
			return nil, refusal
		}
		if u.token != nil {
			answer := encodeRecord(out)
			c.relyOn(u.key(who), raw)
			c.put(u.key(who), encodeRecord(tokenRecord{recordFormat, a.now().UnixMilli(), u.digest(), answer}))
		}
		if len(c.puts)+len(c.deletes) == 0 {
			return out, nil
		}
		err = a.records.Apply(ctx, c.puts, c.deletes, c.expect)
		if errors.Is(err, ErrConflict) {
			continue
		}
		// Also behind an error there may be a new wish: its outcome is unknown.
		a.announce()
		a.wake()
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", u.operation, err)
		}
		return out, nil
	}
	return nil, throttled("Too many requests changed the same resources at the same time.")
}

// usedToken finds a living use of the token, and the bytes of the record, living or not.
func (a *API) usedToken(ctx context.Context, who iam.Identity, u tokenUse) (*tokenRecord, []byte, error) {
	if u.token == nil {
		return nil, nil, nil
	}
	raw, ok, err := a.records.Get(ctx, u.key(who))
	if err != nil || !ok {
		return nil, nil, err
	}
	var r tokenRecord
	if err := decodeRecord(u.key(who), raw, &r); err != nil {
		return nil, nil, err
	}
	if a.tokenEnded(r) {
		return nil, raw, nil
	}
	return &r, raw, nil
}

func (a *API) tokenEnded(r tokenRecord) bool {
	return a.now().Sub(time.UnixMilli(r.AtMs)) >= a.limits.TokenLife
}

// digest identifies the parameters of a use.
func (u tokenUse) digest() string { return hexHash(encodeRecord(u.input)) }

// replay answers a token's second use.
func replay[Out any](u tokenUse, seen *tokenRecord) (*Out, error) {
	if seen.Request != u.digest() {
		id := u.target
		if id == "-" {
			id = ""
		}
		return nil, conflict(id, "The client token was already used with different parameters.")
	}
	out := new(Out)
	if err := json.NewDecoder(bytes.NewReader(seen.Answer)).Decode(out); err != nil {
		return nil, fmt.Errorf("read the recorded answer of %s: %w", u.operation, err)
	}
	return out, nil
}

// forgetTokens removes the records of tokens whose life is over.
func (a *API) forgetTokens(ctx context.Context) error {
	list, err := a.records.List(ctx, tokenPrefix)
	if err != nil {
		return err
	}
	for _, kv := range list {
		var r tokenRecord
		if err := decodeRecord(kv.Key, kv.Value, &r); err != nil {
			return err
		}
		if !a.tokenEnded(r) {
			continue
		}
		// A conflict means that the token was used again just now.
		err := a.records.Apply(ctx, nil, []string{kv.Key}, []Expectation{{kv.Key, kv.Value}})
		if err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return nil
}
