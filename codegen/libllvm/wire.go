package libllvm

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"io"
)

// protocol is the number of the conversation between a program and its worker, which says it first. A
// worker is always the same executable; the number catches one that is not a worker at all.
const protocol = 1

// maxMessage bounds a message, in bytes: an object larger than this is not worth loading.
const maxMessage = 256 << 20

// hello is what a worker says when it starts.
type hello struct {
	Protocol int
}

// reply answers one Request. Exactly one field is set.
type reply struct {
	Result  *Result
	Err     *Error
	Missing *MissingError
	Other   string // text of any other error
}

func replyTo(result *Result, err error) reply {
	switch e := err.(type) {
	case nil:
		return reply{Result: result}
	case *Error:
		return reply{Err: e}
	case *MissingError:
		return reply{Missing: e}
	}
	return reply{Other: err.Error()}
}

// open is the opposite of replyTo.
func (r *reply) open() (*Result, error) {
	switch {
	case r.Err != nil:
		return nil, r.Err
	case r.Missing != nil:
		return nil, r.Missing
	case r.Result == nil:
		return nil, failf("worker", "%s", r.Other)
	}
	return r.Result, nil
}

// send writes a message: its length in 8 bytes, then a gob of its own.
func send(w io.Writer, message any) error {
	var buf bytes.Buffer
	buf.Write(make([]byte, 8))
	if err := gob.NewEncoder(&buf).Encode(message); err != nil {
		return err
	}
	n := buf.Len() - 8
	if n > maxMessage {
		return fmt.Errorf("message of %d bytes, the limit is %d", n, maxMessage)
	}
	binary.LittleEndian.PutUint64(buf.Bytes(), uint64(n))
	_, err := w.Write(buf.Bytes())
	return err
}

// receive reads a message. Memory is taken as bytes arrive, not as the length promises.
func receive(r io.Reader, message any) error {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxMessage {
		return fmt.Errorf("message of %d bytes, the limit is %d", n, maxMessage)
	}
	var buf bytes.Buffer
	got, err := io.CopyN(&buf, r, int64(n))
	if err != nil {
		return fmt.Errorf("message cut after %d of %d bytes: %w", got, n, err)
	}
	return gob.NewDecoder(&buf).Decode(message)
}
