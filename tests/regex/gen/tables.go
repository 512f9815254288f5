package main

// The tables of Unicode that the translator carries, as C source: see README.md.

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// printable writes the ranges of code points that strconv.Quote leaves as they are.
func printable() {
	var cells []string
	for lo := rune(0x7f); lo <= unicode.MaxRune; lo++ {
		if !strconv.IsPrint(lo) {
			continue
		}
		hi := lo
		for hi < unicode.MaxRune && strconv.IsPrint(hi+1) {
			hi++
		}
		cells = append(cells, fmt.Sprintf("{ 0x%x, 0x%x },", lo, hi))
		lo = hi
	}
	fmt.Print(`/* ppl_printable: says whether Go prints a code point in a quoted string as it is.
 *
 *   in     a code point
 *   out    strconv.IsPrint of Go: letters, marks, numbers, punctuation, symbols and the ASCII space
 *   owns   the ranges (Unicode ` + unicode.Version + `)
 *   never  edited by hand: tests/regex/gen writes it, see tests/regex/README.md
 */
#include "translator/ppl/ppl.h"

/* clang-format off */
static const struct {
	uint32_t from, to;
} ranges[] = {
`)
	line := "\t"
	for _, c := range cells {
		if len(line)+len(c) > 92 {
			fmt.Println(strings.TrimRight(line, " "))
			line = "\t"
		}
		line += c + " "
	}
	fmt.Println(strings.TrimRight(line, " "))
	fmt.Print(`};
/* clang-format on */

bool translator_ppl_printable(uint32_t code)
{
	size_t from = 0, to = sizeof(ranges) / sizeof(ranges[0]);

	if (code < 0x7f)
		return code >= ' ';
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (code > ranges[middle].to)
			from = middle + 1;
		else
			to = middle;
	}
	return from < sizeof(ranges) / sizeof(ranges[0]) && code >= ranges[from].from;
}
`)
}
