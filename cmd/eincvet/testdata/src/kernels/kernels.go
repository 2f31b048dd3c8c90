// Package kernels has directives. Good, Old and Spelled have generated files, of which Old's is stale.
package kernels

//einc:kernel Good "ij,jk->ik" i=*,j=64,k=64 float32

//einc:kernel Spelled `ij,jk->ik` k=64, j=64, i=* f32 // as generated, in other words

//einc:kernel Old "i,i->" i=8 float64 // want `old_einc.go was generated from another directive of that name; run go generate \[kernel-stale\]`

//einc:kernel Half "i,i->" i=8 float64 // want `half_einc_amd64.s was generated from another directive`

//einc:kernel New "i->" i=8 float64 // want `no file is generated for kernel 'New'; run einc gen \[kernel-missing\]`

//einc:kernel New "j->" j=8 float64 // want `kernel 'New' has two directives \[kernel-twice\]`

//einc:kernal F "i->" i=8 float64 // want `there is no directive '//einc:kernal'; did you mean '//einc:kernel'\? \[directive\]`

//einc:kernel F "ij->\u006b" i=8,j=8 float64 // want `output index 'k' is in no input.*\[output-unknown\]`

//einc:kernel 2F "i->" i=8 float64 // want `'2F' cannot be the name of a Go function`

//einc:kernel F "i->" n=8 float64 // want `the expression has no index 'n'.*\[kernel-sizes\]`

//einc:kernel F "i->" i=8 flaot64 // want `there is no element type 'flaot64'; did you mean 'float64'\? \[kernel-type\]`

//einc:kernel F "i->" i=1,i=2 float64 // want `two sizes \(the other place is 26:23\)`

// einc:kernel F "i->" i=8 float64 // want `a directive has no blank after // \[directive\]`

// einc:kernel comments like this one are not meant.
