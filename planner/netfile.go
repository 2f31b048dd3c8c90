package planner

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// The limits of network files.
const (
	maxNetworkBytes = 256 << 20
	maxNetworkIDs   = 1 << 20 // operands, and indices
	maxNetworkRank  = 1024
	maxNetworkName  = 4096
)

// NamedNetwork is a network as files hold it.
type NamedNetwork struct {
	Name string
	*Network
}

// netJSON is the form of a network in a file; other fields are ignored.
type netJSON struct {
	Name   string    `json:"name"`
	Inputs [][]int64 `json:"inputs"`
	Output []int64   `json:"output"`
	Sizes  []int64   `json:"sizes"`
}

// ReadNetwork reads one JSON object {"inputs": [[ids]…], "output": [ids], "sizes": [extent by id]} of at
// most 256 MiB. It refuses ids without a size, an output id that is repeated or that no input has, and
// more than 2^20 inputs or ids, 1024 ids an input, or an extent beyond 2^46; errors name the place.
func ReadNetwork(r io.Reader) (*NamedNetwork, error) {
	data, err := readCapped(r, maxNetworkBytes, "network")
	if err != nil {
		return nil, err
	}
	return parseNetwork(data)
}

// ReadNetworks reads a network from each line that is not empty, and calls f with it. Errors name the
// line; it stops at the first, f's own included.
func ReadNetworks(r io.Reader, f func(*NamedNetwork) error) error {
	in, some := bufio.NewReaderSize(r, 1<<16), false
	for line := 1; ; line++ {
		text, err := readLine(in)
		if err != nil && err != io.EOF {
			return fmt.Errorf("einc: line %d: %w", line, err)
		}
		if len(bytes.TrimSpace(text)) > 0 {
			n, perr := parseNetwork(text)
			if perr != nil {
				return fmt.Errorf("einc: line %d: %s", line, strings.TrimPrefix(perr.Error(), "einc: "))
			}
			some = true
			if ferr := f(n); ferr != nil {
				return ferr
			}
		}
		switch {
		case err == io.EOF && !some:
			return errors.New("einc: there is no network in the file")
		case err == io.EOF:
			return nil
		}
	}
}

// readLine reads up to and with the next newline, or to the end of the file.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxNetworkBytes {
			return nil, fmt.Errorf("a line of more than %d bytes", maxNetworkBytes)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// readCapped reads all of r, up to limit bytes.
func readCapped(r io.Reader, limit int64, what string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("einc: the %s file has more than %d bytes", what, limit)
	}
	return data, err
}

// byteOrderMark is what editors of Windows begin a file with.
var byteOrderMark = []byte("\ufeff")

func parseNetwork(data []byte) (*NamedNetwork, error) {
	var j netJSON
	data = bytes.TrimPrefix(data, byteOrderMark)
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, jsonError("network", err)
	}
	if err := checkKeys("network", data); err != nil {
		return nil, err
	}
	if j.Inputs == nil || j.Sizes == nil {
		return nil, errors.New(`einc: a network needs "inputs", a list of lists of index ids, and "sizes", the extents by id`)
	}
	if len(j.Name) > maxNetworkName {
		return nil, fmt.Errorf("einc: a network's name has %d bytes, more than %d", len(j.Name), maxNetworkName)
	}
	n, err := newNetworkOf(j.Inputs, j.Output, j.Sizes)
	if err != nil {
		return nil, err
	}
	return &NamedNetwork{Name: j.Name, Network: n}, nil
}

// checkKeys refuses valid JSON with a key that one object has twice, of which Unmarshal takes the last value. As
// for Unmarshal, letters are equal in either case.
func checkKeys(what string, data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	return walkKeys(in, what)
}

// walkKeys checks the next value.
func walkKeys(in *json.Decoder, what string) error {
	begin, err := in.Token()
	kind, nested := begin.(json.Delim)
	if err != nil || !nested {
		return err
	}
	seen := map[string]bool{}
	for in.More() {
		if kind == '{' {
			key, _ := in.Token()
			name, _ := key.(string)
			if folded := strings.ToLower(strings.ToUpper(name)); !seen[folded] {
				seen[folded] = true
			} else {
				return fmt.Errorf("einc: the %s has %q a second time, up to byte %d", what, clip(name), in.InputOffset())
			}
		}
		if err := walkKeys(in, what); err != nil {
			return err
		}
	}
	_, err = in.Token()
	return err
}

// jsonError says where in the text the trouble is.
func jsonError(what string, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("einc: the %s is no JSON at byte %d: %v", what, syntax.Offset, err)
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("einc: the %s is a JSON %s, where an object belongs", what, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("einc: the %s has a JSON %s at byte %d where %q takes %s", what, kind.Value, kind.Offset, kind.Field, jsonKind(kind.Type))
	}
	return fmt.Errorf("einc: the %s: %w", what, err)
}

// jsonKind is what JSON has for a Go type.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "an object"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number of at most 64 bits"
}

// newNetworkOf checks lists of ids and makes a Network of them.
func newNetworkOf(inputs [][]int64, output, sizes []int64) (*Network, error) {
	if len(inputs) > maxNetworkIDs || len(sizes) > maxNetworkIDs {
		return nil, fmt.Errorf("einc: %d inputs and %d indices: at most %d of each", len(inputs), len(sizes), maxNetworkIDs)
	}
	n := &Network{Inputs: make([][]int32, len(inputs)), Sizes: make([]float64, len(sizes))}
	for i, s := range sizes {
		if s < 0 || s > maxBytes {
			return nil, fmt.Errorf("einc: index %d has extent %d: extents are from 0 to 2^46", i, s)
		}
		n.Sizes[i] = float64(s)
	}
	has := make([]bool, len(sizes))
	var err error
	for t, ids := range inputs {
		if n.Inputs[t], err = checkIDs(ids, len(sizes)); err != nil {
			return nil, fmt.Errorf("einc: input %d: %w", t, err)
		}
		for _, i := range n.Inputs[t] {
			has[i] = true
		}
	}
	if n.Output, err = checkIDs(output, len(sizes)); err != nil {
		return nil, fmt.Errorf("einc: the output: %w", err)
	}
	for _, i := range n.Output {
		if !has[i] {
			return nil, fmt.Errorf("einc: the output has index %d, which no input has, or which it has twice", i)
		}
		has[i] = false
	}
	return n, nil
}

// checkIDs checks one list of ids against the number of sizes.
func checkIDs(ids []int64, sizes int) ([]int32, error) {
	if len(ids) > maxNetworkRank {
		return nil, fmt.Errorf("%d indices, more than %d", len(ids), maxNetworkRank)
	}
	out := make([]int32, len(ids))
	for a, i := range ids {
		if i < 0 || i >= int64(sizes) {
			return nil, fmt.Errorf("axis %d has index %d, but sizes are given for 0 to %d", a, i, sizes-1)
		}
		out[a] = int32(i)
	}
	return out, nil
}
