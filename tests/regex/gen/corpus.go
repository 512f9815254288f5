package main

// The corpus: expressions written by hand, mutations of them, and random ones from a grammar, each with Go's verdict.
//
// One expression a line: verdict, tab, text; or verdict, count, head, A, B, C for the text head + A*count + B + C*count.
// The verdict is "ok" or Go's reason. In the text a backslash is `\\`, and what does not print is `\xNN`.

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp/syntax"
	"strings"
)

func verdict(pattern string) string {
	_, err := syntax.Parse(pattern, syntax.Perl)
	if err == nil {
		return "ok"
	}
	var parse *syntax.Error
	if !errors.As(err, &parse) {
		check(err)
	}
	return parse.Code.String()
}

func escape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			b.WriteString(`\\`)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// A long text is written by its parts.
type long struct {
	count         int
	head, a, b, c string
}

func (l long) text() string {
	return l.head + strings.Repeat(l.a, l.count) + l.b + strings.Repeat(l.c, l.count)
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// grammar makes a random expression of bounded depth.
func grammar(r *rand.Rand, depth int) string {
	if depth <= 0 || r.IntN(4) == 0 {
		return pick(r, atoms)
	}
	switch r.IntN(9) {
	case 0, 1, 2:
		return grammar(r, depth-1) + grammar(r, depth-1)
	case 3:
		return grammar(r, depth-1) + "|" + grammar(r, depth-1)
	case 4:
		return pick(r, openings) + grammar(r, depth-1) + ")"
	case 5, 6:
		return grammar(r, depth-1) + pick(r, repeats)
	case 7:
		return bracket(r)
	default:
		return pick(r, pieces) + grammar(r, depth-1)
	}
}

func bracket(r *rand.Rand) string {
	b := "["
	if r.IntN(3) == 0 {
		b += "^"
	}
	for n := r.IntN(5); n >= 0; n-- {
		b += pick(r, members)
	}
	if r.IntN(12) != 0 {
		b += "]"
	}
	return b
}

// mutate changes a few bytes: removes, doubles, swaps, inserts a piece, or a byte that is no UTF-8.
func mutate(r *rand.Rand, text string) string {
	b := []byte(text)
	for n := 1 + r.IntN(3); n > 0; n-- {
		at := 0
		if len(b) > 0 {
			at = r.IntN(len(b))
		}
		switch r.IntN(6) {
		case 0:
			if len(b) > 0 {
				b = append(b[:at:at], b[at+1:]...)
			}
		case 1:
			if len(b) > 0 {
				b = append(b[:at+1:at+1], b[at:]...)
			}
		case 2:
			if len(b) > 1 {
				to := r.IntN(len(b))
				b[at], b[to] = b[to], b[at]
			}
		case 3, 4:
			b = []byte(string(b[:at]) + pick(r, pieces) + string(b[at:]))
		default:
			if r.IntN(4) == 0 {
				b = append(b[:at:at], append([]byte{byte(0x80 + r.IntN(0x80))}, b[at:]...)...)
			} else {
				b = append(b[:at:at], append([]byte{byte(' ' + r.IntN(95))}, b[at:]...)...)
			}
		}
	}
	return string(b)
}

func random(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return mutate(r, pick(r, byHand))
	case 1:
		return grammar(r, 4)
	case 2:
		return mutate(r, grammar(r, 3))
	default:
		var b strings.Builder
		for n := 1 + r.IntN(8); n > 0; n-- {
			b.WriteString(pick(r, pieces))
		}
		return b.String()
	}
}

type writer struct {
	out  *bufio.Writer
	seen map[string]bool
}

func (w *writer) one(pattern string) {
	if w.seen[pattern] || len(pattern) > 2000 {
		return
	}
	w.seen[pattern] = true
	fmt.Fprintf(w.out, "%s\t%s\n", verdict(pattern), escape(pattern))
}

func write(nRandom int, seed uint64) {
	w := writer{bufio.NewWriter(os.Stdout), map[string]bool{}}
	for _, pattern := range byHand {
		w.one(pattern)
	}
	for _, l := range limits() {
		fmt.Fprintf(w.out, "%s\t%d\t%s\t%s\t%s\t%s\n", verdict(l.text()), l.count, escape(l.head), escape(l.a), escape(l.b),
			escape(l.c))
	}
	r := rand.New(rand.NewPCG(seed, 2026))
	for len(w.seen) < len(byHand)+nRandom {
		w.one(random(r))
	}
	check(w.out.Flush())
}
