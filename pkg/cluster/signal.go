package cluster

// byPlusSignal is what a shell, and every container runtime, adds to the number
// of the signal that ended a process to make its exit code.
const byPlusSignal = 128

// SignalName names the signal that ended the container, such as SIGKILL; "" if
// none did, or none is known by that number. Most runtimes tell it only by the
// exit code: 137 is SIGKILL, 143 SIGTERM.
func (d *Death) SignalName() string {
	if d == nil {
		return ""
	}
	number := d.Signal
	if number == 0 {
		number = d.ExitCode - byPlusSignal
	}
	return signalName(number)
}

// signalName knows Linux's signals, on whatever system binderctl runs: those
// that end a process.
func signalName(number int) string {
	switch number {
	case 1:
		return "SIGHUP"
	case 2:
		return "SIGINT"
	case 3:
		return "SIGQUIT"
	case 4:
		return "SIGILL"
	case 5:
		return "SIGTRAP"
	case 6:
		return "SIGABRT"
	case 7:
		return "SIGBUS"
	case 8:
		return "SIGFPE"
	case 9:
		return "SIGKILL"
	case 10:
		return "SIGUSR1"
	case 11:
		return "SIGSEGV"
	case 12:
		return "SIGUSR2"
	case 13:
		return "SIGPIPE"
	case 14:
		return "SIGALRM"
	case 15:
		return "SIGTERM"
	case 24:
		return "SIGXCPU"
	case 25:
		return "SIGXFSZ"
	case 31:
		return "SIGSYS"
	default:
		return ""
	}
}
