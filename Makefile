# make run    set up the machine, build einc and run contractions from files
# make test   set up the machine and run every test
# make fuzz   fuzz the parser and the file readers, FUZZTIME each (default 30s)
# make soak   the random tests, ROUNDS of each (default 2000)
# make bench  measure against other libraries; BENCH="-suite gemm -keep" for a part (BENCH=-help)
# make wine   run what is made for Windows under Wine (needs wine64, clang and lld)
# make golden rewrite the sections of the golden files
# make generate  write the generated Go packages of the examples anew

GO       ?= go
FUZZTIME ?= 30s
ROUNDS   ?= 2000
DATA     := bin/data

.PHONY: all build run test generate fuzz soak wine golden bench clean

all: build

build:
	$(GO) build -o bin/ ./cmd/einc ./cmd/eincvet

run: build
	@scripts/need-llvm
	@$(GO) run ./examples/operands $(DATA)
	./bin/einc run 'ik,kj->ij' $(DATA)/a.npy $(DATA)/b.npy
	./bin/einc run --stats 'Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])' \
		X=$(DATA)/x.npy W=$(DATA)/w.npy bias=$(DATA)/bias.npy -o $(DATA)/y.npy
	./bin/einc run 'bo->' $(DATA)/y.npy

test: build
	@scripts/need-llvm
	@scripts/need-cc
	@scripts/need-qemu
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...
	cd bench && $(GO) vet ./... && $(GO) test ./...
	@examples/run.sh bin/einc bin/examples

# generated files that are committed
generate:
	$(GO) generate ./examples/...

bench:
	@scripts/need-llvm
	@bench/setup.sh
	cd bench && $(GO) run . $(BENCH)

fuzz:
	$(GO) test ./parser -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME)
	$(GO) test ./parser -run '^$$' -fuzz FuzzBind -fuzztime $(FUZZTIME)
	$(GO) test ./parser -run '^$$' -fuzz FuzzGradients -fuzztime $(FUZZTIME)
	$(GO) test ./parser -run '^$$' -fuzz FuzzDirective -fuzztime $(FUZZTIME)
	$(GO) test ./tensor -run '^$$' -fuzz FuzzNpy -fuzztime $(FUZZTIME)
	$(GO) test ./runtime/object -run '^$$' -fuzz FuzzDecode -fuzztime $(FUZZTIME)

soak:
	EINC_ROUNDS=$(ROUNDS) $(GO) test ./golden -run 'TestRandom|TestErrorBound|TestGradients|TestGuardPages|TestReproducible|TestPeakIsUsed' -timeout 0 -v

wine:
	@scripts/wine/run

golden:
	$(GO) test ./golden -run TestGolden -update

clean:
	rm -rf bin
