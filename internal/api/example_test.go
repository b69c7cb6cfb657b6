package api_test

import (
	"context"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
)

// whoami serves one operation of STS.
type whoami struct{}

// whoamiFor is whoami bound to a call. Embedding Unimplemented answers the rest.
type whoamiFor struct {
	stswire.Unimplemented
	call *api.Call
}

func (whoami) As(c *api.Call) stswire.API { return whoamiFor{call: c} }

func (whoami) Rules() api.Rules {
	return api.Rules{"GetCallerIdentity": api.Inside("nobody can be denied to learn who they are")}
}

// Error would be a switch from domain types to stswire's error constructors.
func (whoami) Error(error) *awserr.Error { return nil }

func (w whoamiFor) GetCallerIdentity(context.Context, *stswire.GetCallerIdentityInput) (*stswire.GetCallerIdentityOutput, error) {
	return &stswire.GetCallerIdentityOutput{Arn: new(w.call.Caller.ARN), Account: new(w.call.Caller.Account)}, nil
}

// A service is a generated model joined with an implementation. The same value
// answers HTTP and calls in process, by the same steps.
func Example() {
	service, err := api.New(stswire.Model(), whoami{}, newFixture().config())
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := service.As(alice(), &caller.Network{}).GetCallerIdentity(context.Background(), &stswire.GetCallerIdentityInput{})
	fmt.Println(*out.Arn, err)
	_, err = service.As(alice(), &caller.Network{}).GetSessionToken(context.Background(), &stswire.GetSessionTokenInput{})
	fmt.Println(err)
	// Output:
	// arn:aws:iam::000000000000:user/alice <nil>
	// InvalidAction: Rockpool does not implement sts:GetSessionToken yet.
}

// A rule names the resource an operation acts on; the action is the operation's
// own. Needs is for operations that need more.
func ExampleOn() {
	rule := api.On(func(c *api.Call, in *stswire.GetFederationTokenInput) string {
		return "arn:aws:sts::" + c.Caller.Account + ":federated-user/" + *in.Name
	})
	_ = api.Rules{"GetFederationToken": rule}
}
