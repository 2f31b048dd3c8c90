package main

import (
	_ "embed"
	"strings"
)

//go:embed cases/everyday.txt
var everydayText string

// everydayRows are the operations that programs are full of, at sizes that nobody chose to suit a machine.
func everydayRows(s *session) []*row {
	var rows []*row
	first := true // under a heading
	for i, line := range strings.Split(strings.TrimSpace(everydayText), "\n") {
		if strings.HasPrefix(line, "#") {
			first = true
			continue
		}
		if s.quick && !first {
			continue
		}
		first = false
		l, err := parseWorkload(line, nil)
		if err != nil {
			s.log("everyday.txt:%d: %v", i+1, err)
			continue
		}
		for _, r := range l.rows {
			r.suite, r.peers = "everyday", append(r.peers, movePeer())
			r.bars = []bar{{Class: arrayClass, Min: 1}, {Class: tblisClass, Min: 1}}
			rows = append(rows, r)
		}
	}
	return rows
}
