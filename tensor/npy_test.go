package tensor

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"codeberg.org/sbinet/npyio"
	"github.com/stretchr/testify/require"
)

// npyFile puts a header before a payload, unpadded.
func npyFile(version byte, header string, payload ...byte) []byte {
	b := append([]byte(npyMagic), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), payload...)
}

func dict(descr, fortran, shape string) string {
	return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n"
}

func TestNpyAccepts(t *testing.T) {
	two := []byte{1, 0, 2, 0}
	for name, file := range map[string][]byte{
		"v1":           npyFile(1, dict("<i2", "False", "(2,)"), two...),
		"v2":           npyFile(2, dict("<i2", "False", "(2,)"), two...),
		"v3":           npyFile(3, dict("<i2", "False", "(2,)"), two...),
		"order":        npyFile(1, "{'shape': (2,), 'fortran_order': False, 'descr': '<i2'}\n", two...),
		"no spaces":    npyFile(1, "{'descr':'<i2','fortran_order':False,'shape':(2,)}", two...),
		"all spaces":   npyFile(1, " {\t'descr' :\n'<i2' , 'fortran_order' : False , 'shape' : ( 2 , ) , } \n", two...),
		"double quote": npyFile(1, `{"descr": "<i2", "fortran_order": False, "shape": (2,)}`+"\n", two...),
		"python 2":     npyFile(1, dict("<i2", "False", "(2L,)"), two...),
		"native":       npyFile(1, dict("=i2", "False", "(2,)"), two...),
		"bare":         npyFile(1, dict("i2", "False", "(2,)"), two...),
		"big-endian":   npyFile(1, dict(">i2", "False", "(2,)"), 0, 1, 0, 2),
		"fortran":      npyFile(1, dict("<i2", "True", "(2,)"), two...),
	} {
		a, err := ReadNpy(bytes.NewReader(file))
		require.NoError(t, err, name)
		require.Equal(t, I16, a.DType(), name)
		require.Equal(t, []int16{1, 2}, must(Values[int16](a)), name)
	}
	f := must(ReadNpy(bytes.NewReader(npyFile(1, dict("|i1", "True", "(2, 3)"), 0, 1, 2, 3, 4, 5))))
	require.Equal(t, []int{1, 2}, f.Strides())
	require.Equal(t, []int8{0, 2, 4, 1, 3, 5}, must(Values[int8](f)))
	c := must(ReadNpy(bytes.NewReader(npyFile(1, dict(">c8", "False", "()"), 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0))))
	require.Equal(t, 1-2i, must(c.AtComplex()))
	require.Equal(t, 0, must(ReadNpy(bytes.NewReader(npyFile(1, dict("<f8", "False", "(0, 70000000)"))))).Len())
	for _, one := range []string{"|b1", "<b1", ">b1", "=b1", "b1"} {
		require.Equal(t, Bool, must(ReadNpy(bytes.NewReader(npyFile(1, dict(one, "False", "()"), 1)))).DType())
	}
}

func TestNpyBF16(t *testing.T) {
	// As NumPy with ml_dtypes saves [1, 2.5, -0.1].
	file := npyFile(1, dict("<V2", "False", "(3,)"), []byte("\x80? @\xcd\xbd")...)
	_, err := ReadNpy(bytes.NewReader(file))
	require.ErrorIs(t, err, ErrForeign)
	require.ErrorContains(t, err, "bfloat16")
	a := must(ReadNpy(bytes.NewReader(file), VoidAsBF16))
	require.Equal(t, BF16, a.DType())
	require.Equal(t, []float32{1, 2.5, -0.10009765625}, must(Values[float32](must(a.Convert(F32)))))
	var b bytes.Buffer
	require.NoError(t, WriteNpy(&b, a))
	require.Contains(t, b.String(), "'descr': '<V2'")
	require.True(t, Equal(a, must(ReadNpy(&b, VoidAsBF16))))
	_, err = ReadNpy(bytes.NewReader(npyFile(1, dict(">V2", "False", "(3,)"), []byte("\x80? @\xcd\xbd")...)), VoidAsBF16)
	require.ErrorIs(t, err, ErrForeign)
}

// evilNpy are files that must be refused, with the code and a part of the message.
func evilNpy() map[string]struct {
	file []byte
	code Code
	says string
} {
	type evil = struct {
		file []byte
		code Code
		says string
	}
	out := map[string]evil{
		"empty":          {nil, ErrFormat, "first 10 bytes"},
		"zip":            {[]byte("PK\x03\x04 and more than ten"), ErrFormat, "one by one with np.save"},
		"version 0":      {npyFile(0, "{}"), ErrForeign, "version 0.0"},
		"version 4":      {npyFile(4, "{}"), ErrForeign, "version 4.0"},
		"minor version":  {[]byte(npyMagic + "\x01\x01\x02\x00{}"), ErrForeign, "version 1.1"},
		"cut length":     {[]byte(npyMagic + "\x02\x00\x02\x00"), ErrFormat, "length of the header"},
		"cut header":     {[]byte(npyMagic + "\x01\x00\x40\x00{"), ErrFormat, "within the header"},
		"header of 1 GB": {[]byte(npyMagic + "\x02\x00\x00\x00\x00\x40{"), ErrFormat, "limit is 10000"},
		"header of 4 GB": {[]byte(npyMagic + "\x03\x00\xff\xff\xff\xff{"), ErrFormat, "limit is 10000"},
		"short":          {npyFile(1, dict("<f8", "False", "(2,)"), make([]byte, 15)...), ErrFormat, "takes 16 bytes, but 15"},
		"trailing":       {npyFile(1, dict("<f8", "False", "(2,)"), make([]byte, 17)...), ErrFormat, ""},
		"1.6 GB":         {npyFile(1, dict("<f8", "False", "(200000000,)"), 0), ErrFormat, "takes 1600000000 bytes, but 1 "},
	}
	for text, want := range map[string]evil{
		"":                                                      {code: ErrFormat, says: "expected '{'"},
		"{}":                                                    {code: ErrFormat, says: `key "descr" is missing`},
		"{'descr': '<f8', 'shape': ()}":                         {code: ErrFormat, says: `"fortran_order" is missing`},
		dict("<f8", "False", "()") + "x":                        {code: ErrFormat, says: "after the dictionary"},
		dict("<f8", "False", "()") + "\x00":                     {code: ErrFormat, says: "after the dictionary"},
		"{'descr': '<f8', 'descr': '<f4'}":                      {code: ErrFormat, says: "twice"},
		"{'descr': '<f8', 'extra': ()}":                         {code: ErrFormat, says: `"extra"`},
		"{'descr' '<f8'}":                                       {code: ErrFormat, says: "expected ':'"},
		"{'descr': '<f8' 'shape': ()}":                          {code: ErrFormat, says: "expected ','"},
		"{'descr': '<f8":                                        {code: ErrFormat, says: "does not end"},
		"{'des\\x63r': '<f8'}":                                  {code: ErrFormat, says: "escape"},
		"{'descr":                                               {code: ErrFormat, says: "does not end"},
		dict("<f8", "false", "()"):                              {code: ErrFormat, says: "True or False"},
		dict("<f8", "0", "()"):                                  {code: ErrFormat, says: "True or False"},
		dict("<f8", "False", "3"):                               {code: ErrFormat, says: "expected '('"},
		dict("<f8", "False", "[3]"):                             {code: ErrFormat, says: "expected '('"},
		dict("<f8", "False", "(3)"):                             {code: ErrFormat, says: "needs a comma: (3,)"},
		dict("<f8", "False", "(3 4)"):                           {code: ErrFormat, says: "expected ',' or ')'"},
		dict("<f8", "False", "(3,"):                             {code: ErrFormat, says: "expected an extent"},
		dict("<f8", "False", "(,)"):                             {code: ErrFormat, says: "expected an extent"},
		dict("<f8", "False", "(03,)"):                           {code: ErrFormat, says: "expected an extent"},
		dict("<f8", "False", "(3.0,)"):                          {code: ErrFormat, says: "expected"},
		dict("<f8", "False", "(1e3,)"):                          {code: ErrFormat, says: "expected an extent"},
		dict("<f8", "False", "(True,)"):                         {code: ErrFormat, says: "expected an extent"},
		dict("<f8", "False", "(-0x3,)"):                         {code: ErrFormat, says: "expected an extent"},
		dict("<f8", "False", "(2, -1)"):                         {code: ErrExtent, says: "extent -1"},
		dict("<f8", "False", "(9"+strings.Repeat("9", 40)+",)"): {code: ErrSize, says: "exceeds"},
		dict("<f8", "False", "(2, 13, 419, 691, 823, 2977518503)"):            {code: ErrSize, says: "exceeds"},
		dict("<f8", "False", "(4294967296, 4294967296)"):                      {code: ErrSize, says: "exceeds"},
		dict("<f8", "False", "(4611686018427387904, 4611686018427387904, 0)"): {code: ErrSize, says: "exceeds"},
		dict("<f8", "False", "("+strings.Repeat("1,", MaxRank+1)+")"):         {code: ErrRank, says: "1025 axes"},
		dict("|f8", "False", "()"):                                            {code: ErrFormat, says: `write "<f8"`},
		dict("", "False", "()"):                                               {code: ErrForeign, says: "only numbers"},
		dict("<", "False", "()"):                                              {code: ErrForeign, says: "only numbers"},
		dict("|u1", "False", "()"):                                            {code: ErrForeign, says: "astype('int16')"},
		dict("<u2", "False", "()"):                                            {code: ErrForeign, says: "astype('int32')"},
		dict("<u8", "False", "()"):                                            {code: ErrForeign, says: "astype('int64')"},
		dict("|O", "False", "()"):                                             {code: ErrForeign, says: "pickles"},
		dict("<f16", "False", "()"):                                           {code: ErrForeign, says: "astype('float64')"},
		dict("<c32", "False", "()"):                                           {code: ErrForeign, says: "astype('complex128')"},
		dict("<M8[ns]", "False", "()"):                                        {code: ErrForeign, says: "times"},
		dict("<U5", "False", "()"):                                            {code: ErrForeign, says: "only numbers"},
		dict("|V2", "False", "()"):                                            {code: ErrForeign, says: "bfloat16"},
		"{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': ()}":      {code: ErrForeign, says: "structured"},
		"__import__('os').system('true')":                                     {code: ErrFormat, says: "expected '{'"},
	} {
		out[text] = evil{npyFile(1, text, make([]byte, 8)...), want.code, want.says}
	}
	return out
}

func TestNpyRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, c := range evilNpy() {
		_, err := ReadNpy(bytes.NewReader(c.file))
		require.ErrorIs(t, err, c.code, "%q", name)
		require.ErrorContains(t, err, c.says, "%q", name)
		_, err = ReadNpy(iotest.OneByteReader(bytes.NewReader(c.file)))
		require.ErrorIs(t, err, c.code, "%q", name)
		path := filepath.Join(dir, "evil.npy")
		require.NoError(t, os.WriteFile(path, c.file, 0o600))
		_, err = OpenNpy(path)
		require.ErrorIs(t, err, c.code, "%q", name)
		require.ErrorContains(t, err, "evil.npy: ")
	}
	_, err := OpenNpy(filepath.Join(dir, "absent.npy"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = OpenNpy(dir)
	require.Error(t, err)
	broken := io.MultiReader(bytes.NewReader(npyFile(1, dict("<f8", "False", "(2,)"), 0)), iotest.ErrReader(io.ErrClosedPipe))
	_, err = ReadNpy(broken)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

// A header may promise what it likes: memory is taken for what arrives.
func TestNpyTakesLittleMemory(t *testing.T) {
	file := npyFile(1, dict("<f8", "False", "(200000000,)"), make([]byte, 1000)...)
	for name, r := range map[string]func() io.Reader{
		"known size": func() io.Reader { return bytes.NewReader(file) },
		"stream":     func() io.Reader { return iotest.HalfReader(bytes.NewReader(file)) },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadNpy(r())
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, ErrFormat, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20), name)
	}
}

func TestNpyRoundTrips(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	path := filepath.Join(t.TempDir(), "a.npy")
	for _, d := range DTypes() {
		for _, shape := range [][]int{{}, {0}, {3}, {2, 3, 5}, {1, 0, 2}, {300, 301}, slices.Repeat([]int{1}, 200)} {
			a := must(New(d, shape...))
			for i := range a.Bytes() {
				a.Bytes()[i] = byte(rng.IntN(2)) // no NaN in any type
			}
			perm := rng.Perm(len(shape))
			for _, v := range []*Tensor{a, a.Transpose(), must(a.Permute(perm...)), must(a.Flip())} {
				require.NoError(t, SaveNpy(path, v))
				mapped := must(OpenNpy(path, VoidAsBF16))
				require.True(t, Equal(v, mapped), "%v %v", d, shape)
				require.Zero(t, uintptr(mapped.Data())%uintptr(d.Real().Size()))
				f, err := os.Open(path)
				require.NoError(t, err)
				streamed, err := ReadNpy(io.MultiReader(f), VoidAsBF16)
				require.NoError(t, err)
				require.NoError(t, f.Close())
				require.True(t, Equal(v, streamed), "%v %v", d, shape)
			}
		}
	}
}

// What npyio reads correctly, both read alike; and each reads what the other wrote.
func TestNpyAgainstNpyio(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for round := range 50 {
		n := 1 + rng.IntN(40) // npyio writes no elements as shape ()
		agree[int8](t, rng, n, round)
		agree[int16](t, rng, n, round)
		agree[int32](t, rng, n, round)
		agree[int64](t, rng, n, round)
		agree[float32](t, rng, n, round)
		agree[float64](t, rng, n, round)
		agree[complex64](t, rng, n, round)
		agree[complex128](t, rng, n, round)
		agree[bool](t, rng, n, round)
	}
}

func agree[T Elem](t *testing.T, rng *rand.Rand, n, round int) {
	t.Helper()
	a := must(New(DTypeOf[T](), n))
	for i := range n {
		require.NoError(t, a.SetComplex(complex(rng.NormFloat64()*50, rng.NormFloat64()*50), i))
	}
	want := must(Values[T](a))
	var ours, theirs bytes.Buffer
	require.NoError(t, WriteNpy(&ours, a))
	require.NoError(t, npyio.Write(&theirs, want))
	b, err := ReadNpy(&theirs)
	require.NoError(t, err, "round %d", round)
	require.True(t, Equal(a, b), "round %d", round)
	var got []T
	require.NoError(t, npyio.Read(&ours, &got), "round %d", round)
	require.Equal(t, want, append([]T{}, got...), "round %d", round)
}

func TestMappedFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	a := must(Arange(F64, 1<<15))
	require.NoError(t, SaveNpy(path, a))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	m := must(OpenNpy(path))
	require.Equal(t, runtime.GOOS == "linux", m.store.file)
	require.NoError(t, m.SetAt(-1, 7))
	require.Equal(t, -1.0, must(m.At(7)))
	values := must(Values[float64](m))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))

	// Saving over the file that is mapped leaves the mapping alone; views keep it, slices outlive it.
	require.NoError(t, SaveNpy(path, Scalar(1.0)))
	v := must(m.Index(Slice(100, Open, 1)))
	m = nil
	for range 3 {
		runtime.GC()
	}
	require.Equal(t, 100.0, must(v.At(0)))
	v = nil
	for range 3 {
		runtime.GC()
	}
	require.Equal(t, []float64{6, -1, 8}, values[6:9])

	// A header that is not a multiple of the element's size: read, as native code needs alignment.
	odd := append(npyFile(1, dict("<f8", "False", "(32768,)")+" "), a.Bytes()...)
	for len(odd)%8 == 0 {
		odd = append(npyFile(1, dict("<f8", "False", "(32768,)")+"  "), a.Bytes()...)
	}
	require.NoError(t, os.WriteFile(path, odd, 0o600))
	m = must(OpenNpy(path))
	require.False(t, m.store.file)
	require.Zero(t, uintptr(m.Data())%8)
	require.True(t, Equal(a, m))
}

func TestSaveNpyReplacesOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	target, link, path := filepath.Join(dir, "target"), filepath.Join(dir, "link.npy"), filepath.Join(dir, "a.npy")
	require.NoError(t, os.WriteFile(target, []byte("precious"), 0o600))
	require.NoError(t, os.Symlink(target, link))
	require.NoError(t, SaveNpy(link, Scalar(1.0)))
	kept, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, "precious", string(kept))
	require.Equal(t, 1.0, must(must(OpenNpy(link)).At()))

	require.ErrorContains(t, SaveNpy(dir, Scalar(1.0)), "a directory")
	require.ErrorContains(t, SaveNpy(os.DevNull, Scalar(1.0)), "not a regular file (a device)")
	absent := filepath.Join(dir, "absent", "a.npy")
	require.ErrorContains(t, SaveNpy(absent, Scalar(1.0)), "open "+absent+": ")
	for i, to := range []string{os.DevNull, dir, "/proc/self/fd/1"} { // the last as /dev/stdout
		link := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(to, link))
		require.ErrorContains(t, SaveNpy(link, Scalar(1.0)), "a link to ", i)
		_, err := os.Readlink(link)
		require.NoError(t, err)
	}

	require.NoError(t, SaveNpy(path, Scalar(1.0)))
	require.NoError(t, os.Chmod(path, 0o640))
	require.NoError(t, SaveNpy(path, Scalar(2.0)))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 3) // nothing is left beside the files
}

func TestWriteNpyReportsErrors(t *testing.T) {
	for _, v := range []*Tensor{arange(100, 100), must(arange(100, 100).Flip())} {
		r, w := io.Pipe()
		go func() {
			_, _ = io.CopyN(io.Discard, r, 5000)
			_ = r.CloseWithError(io.ErrNoProgress)
		}()
		require.ErrorIs(t, WriteNpy(w, v), io.ErrNoProgress)
	}
}

func FuzzNpy(f *testing.F) {
	for _, c := range numpyCases(f) {
		f.Add(c.Npy)
	}
	evil := evilNpy()
	for _, name := range slices.Sorted(maps.Keys(evil)) { // so that a seed keeps its number
		f.Add(evil[name].file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := ReadNpy(bytes.NewReader(file), VoidAsBF16)
		b, streamErr := ReadNpy(io.MultiReader(bytes.NewReader(file)), VoidAsBF16)
		require.Equal(t, err == nil, streamErr == nil)
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			return
		}
		require.LessOrEqual(t, len(a.Bytes()), len(file))
		require.Equal(t, a.Len()*a.DType().Size(), len(a.Bytes()))
		require.Equal(t, a.Bytes(), b.Bytes())
		_ = a.String()
		_ = a.Storage()
		var once, twice bytes.Buffer
		require.NoError(t, WriteNpy(&once, a))
		again, err := ReadNpy(bytes.NewReader(once.Bytes()), VoidAsBF16)
		require.NoError(t, err)
		require.Equal(t, a.Shape(), again.Shape())
		require.NoError(t, WriteNpy(&twice, again))
		require.Equal(t, once.Bytes(), twice.Bytes())
	})
}
