package arn_test

import (
	"fmt"

	"github.com/rockpool-id/rockpool/arn"
)

func ExampleParse() {
	a, err := arn.Parse("arn:aws:iam::111122223333:role/team/Visitor")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Service, a.Account, a.Resource)
	// Output: iam 111122223333 role/team/Visitor
}
