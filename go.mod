module github.com/einc-lang/einc

go 1.25.0
