package main

import (
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// keysCmd groups the commands for the server's own keys.
type keysCmd struct {
	Rotate keysRotateCmd `cmd:"" help:"Make the next key current. What the old one sealed or signed stays good."`
}

type keysRotateCmd struct {
	ownCall
	Kind string `arg:"" name:"kind" enum:"sealing,signing,signing-es256" help:"sealing (session tokens, stored secrets), signing (RS512 tokens of pools) or signing-es256."`
}

// Run rotates, and lists the keys.
func (c *keysRotateCmd) Run(e *env) error {
	kind := rockpoolwire.KeyKind(c.Kind)
	var out rockpoolwire.RotateKeysOutput
	if printed, err := c.do(e, "RotateKeys", &rockpoolwire.RotateKeysInput{Kind: &kind}, &out); printed || err != nil {
		return err
	}
	for i := range out.Keys {
		k := &out.Keys[i]
		if _, err := fmt.Fprintf(e.stdout, "%s  %-8s made %s UTC\n", visible(text(k.KeyId)), visible(text(k.State)), k.CreationDate.UTC().Format(time.DateTime)); err != nil {
			return err
		}
	}
	return nil
}
