package main

import (
	"fmt"
	goruntime "runtime"

	"github.com/einc-lang/einc"
	"github.com/spf13/cobra"
)

func doctorCommand() *cobra.Command {
	var asJSON bool
	var cache string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine what einc needs of this machine",
		Long:  "doctor looks for LLVM, the CPU's level and the kernel cache. It exits with 3 if LLVM is missing.",
		Args:  cobra.ExactArgs(0),
		RunE: func(*cobra.Command, []string) error {
			checks := einc.Doctor(&einc.Options{Cache: cache})
			if asJSON {
				if err := printJSON(map[string]any{"schema": "einc.doctor/v1", "checks": checks}); err != nil {
					return err
				}
			}
			return showChecks(checks, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on standard output")
	cmd.Flags().StringVar(&cache, "cache", "", "directory of the kernel cache, or off")
	return cmd
}

func showChecks(checks []einc.Check, quiet bool) error {
	var failed error
	for _, c := range checks {
		mark := "ok     "
		if !c.OK {
			mark = "missing"
		}
		if !quiet {
			if _, err := fmt.Printf("%s  %-6s %s\n", mark, c.Name, c.Text); err != nil {
				return err
			}
		}
		if c.Err != nil && failed == nil {
			failed = c.Err
		}
	}
	return failed
}

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.ExactArgs(0),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return printJSON(map[string]string{"schema": "einc.version/v1",
					"version": einc.Version(), "go": goruntime.Version(), "os": goruntime.GOOS, "arch": goruntime.GOARCH})
			}
			_, err := fmt.Printf("einc %s %s %s/%s\n", einc.Version(), goruntime.Version(), goruntime.GOOS, goruntime.GOARCH)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on standard output")
	return cmd
}
