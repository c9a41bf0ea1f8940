package calc

import "testing"

// What Python says to the same is on the right.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ code, printed, result, raised string }{
		{code: "1+2*3", result: "7"},
		{code: "(1+2)*3", result: "9"},
		{code: "2**100 % 1000007", result: "698635"},
		{code: "-7 // 2", result: "-4"},
		{code: "-7 % 3", result: "2"},
		{code: "print(12345*678)", printed: "8369910\n"},
		{code: "print('nonce' + '-' + str(6*7))", printed: "nonce-42\n"},
		{code: "print('a', 1)\n'x'*3", printed: "a 1\n", result: "'xxx'"},
		{code: "a = 5; b = a*a\nprint(a+b, flush=True)", printed: "30\n"},
		{code: "import os # nothing\nlen('héllo')", result: "5"},
		{code: "a = 1", result: ""},
		{code: "int('7') + 1", result: "8"},
		{code: "1/0", raised: "SyntaxError: invalid syntax"},
		{code: "1//0", raised: "ZeroDivisionError: integer division or modulo by zero"},
		{code: "nobody", raised: "NameError: name 'nobody' is not defined"},
		{code: "'a' + 1", raised: "TypeError: unsupported operand type(s) for +: 'str' and 'int'"},
		{code: "print('a", raised: "SyntaxError: unterminated string literal"},
		{code: "2**100000", raised: "OverflowError: exponent is out of range"},
	} {
		got := Run(test.code, Memory{})
		raised := ""
		if got.Err != nil {
			raised = got.Err.Error()
		}
		if got.Printed != test.printed || got.Result != test.result || raised != test.raised {
			t.Errorf("Run(%q) = %+v", test.code, got)
		}
	}
}

// Whatever is typed, a kernel must not fall over it.
func FuzzRun(f *testing.F) {
	for _, seed := range []string{"print(1)", "a=", "((", "print(a=", "'\\", "x=1;x", "print(,)"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, code string) { Run(code, Memory{}) })
}
