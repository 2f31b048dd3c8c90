package tensor

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
)

// WriteNpy writes t as a .npy file of version 1.0, byte for byte as NumPy does: a view that is
// contiguous with its axes reversed is stored in Fortran order, every other one row-major. BF16 is
// written as '<V2', as ml_dtypes has it.
func WriteNpy(w io.Writer, t *Tensor) error {
	body := t
	fortran := !t.Contiguous() && t.Transpose().Contiguous()
	if fortran {
		body = t.Transpose()
	}
	if _, err := io.WriteString(w, npyPreamble(t, fortran)); err != nil {
		return err
	}
	return writeElements(w, body)
}

// npyPreamble is everything before the elements, a multiple of 64 bytes.
func npyPreamble(t *Tensor, fortran bool) string {
	order, truth := "<", "False"
	if !littleEndian {
		order = ">"
	}
	if t.dtype.Size() == 1 {
		order = "|"
	}
	grows := 0 // the axis that appending to the file would lengthen
	if fortran {
		truth, grows = "True", t.Rank()-1
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", order+npyKind(t.dtype), truth, tuple(t.shape))
	if t.Rank() > 0 { // NumPy keeps room for that axis to reach 21 digits
		dict += pad(21 - len(strconv.Itoa(t.shape[grows])))
	}
	const fixed = len(npyMagic) + 4
	dict += pad(64-(fixed+len(dict)+1)%64) + "\n"
	return npyMagic + "\x01\x00" + string([]byte{byte(len(dict)), byte(len(dict) >> 8)}) + dict
}

// writeElements writes the elements row-major, straight from memory where they lie so.
func writeElements(w io.Writer, t *Tensor) error {
	defer runtime.KeepAlive(t)
	size := t.dtype.Size()
	if t.Contiguous() {
		_, err := w.Write(row[byte](t.data, t.length*size))
		return err
	}
	var err error
	buf := make([]byte, 0, chunk*16)
	flush := func() {
		_, err = w.Write(buf)
		buf = buf[:0]
	}
	walk(func(n int, rows []cursor) bool {
		for i := 0; i < n && err == nil; i++ {
			buf = append(buf, row[byte](rows[0].at(i), size)...)
			if len(buf) == cap(buf) {
				flush()
			}
		}
		return err == nil
	}, t)
	if err == nil {
		flush()
	}
	return err
}

// SaveNpy writes a .npy file as WriteFile does: whole or not at all.
func SaveNpy(path string, t *Tensor) error {
	return WriteFile(path, func(w io.Writer) error { return WriteNpy(w, t) })
}
