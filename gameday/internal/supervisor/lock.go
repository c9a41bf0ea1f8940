package supervisor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The files whose locks tell who is alive. A lock goes with the last process
// that holds it, however that dies, and unlike a process id it is never reused.
const (
	supervisorLock = "supervisor.lock" // held by the supervisor alone; holds its pid
	processesLock  = "processes.lock"  // held by the supervisor and all that it starts
)

// lock takes the lock of a file, or says that it is taken.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

// held says whether some process holds the lock of a file.
func held(path string) (bool, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open lock: %w", err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", path, err)
	}
	return false, nil
}

// Alive says whether anything of the game day in dir runs: its supervisor or a
// process that outlived it.
func Alive(dir string) (bool, error) {
	return held(filepath.Join(dir, processesLock))
}

// pid is the supervisor's process id, 0 when there is no supervisor. It is
// sure: who holds the lock wrote it, and still lives.
func pid(dir string) (int, error) {
	path := filepath.Join(dir, supervisorLock)
	alive, err := held(path)
	if err != nil || !alive {
		return 0, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read supervisor's pid: %w", err)
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read supervisor's pid: %w", err)
	}
	return number, nil
}
