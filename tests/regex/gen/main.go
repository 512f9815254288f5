// Command gen writes the corpus of regular expressions with Go's verdicts, and tables of Unicode as C source.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func usage() {
	fmt.Fprintln(os.Stderr, "usage: gen corpus | random COUNT SEED | names | printable")
	os.Exit(2)
}

func number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 32)
	check(err)
	return n
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "corpus":
		write(4000, 1)
	case len(os.Args) == 4 && os.Args[1] == "random":
		write(int(number(os.Args[2])), number(os.Args[3]))
	case len(os.Args) == 2 && os.Args[1] == "names":
		names()
	case len(os.Args) == 2 && os.Args[1] == "printable":
		printable()
	default:
		usage()
	}
}
