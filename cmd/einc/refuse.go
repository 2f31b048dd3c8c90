package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// refuseEmpty refuses flags that are given and say nothing, as --plan "$PLAN" where no such variable is set.
func refuseEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if v := f.Value.String(); err == nil && (v == "" || v == "[]") {
			err = usageError{fmt.Errorf("--%s is empty: give it a value, or leave it out", f.Name)}
		}
	})
	return err
}

// refuseBeside refuses flags that would not be heard beside another one, if that is given.
func refuseBeside(cmd *cobra.Command, flag, because string, others ...string) error {
	if !cmd.Flags().Changed(flag) {
		return nil
	}
	for _, o := range others {
		if cmd.Flags().Changed(o) {
			return usageError{fmt.Errorf("--%s %s: leave out --%s", flag, because, o)}
		}
	}
	return nil
}

// refuseSearch refuses to search for an order beside a plan, which gives it.
func refuseSearch(cmd *cobra.Command) error {
	return refuseBeside(cmd, "plan", "gives the order, and nothing is searched", "optimize")
}
