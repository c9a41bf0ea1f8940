package jupyter

import (
	"errors"
	"maps"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/calc"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// execute runs a cell; it says whether the kernel lived through it.
func (k *kernel) execute(from *client, asked *message) bool {
	code, _ := asked.Content["code"].(string)
	silent, _ := asked.Content["silent"].(bool)
	user, book := k.server.user, k.server.book
	book.BeginOf(user, record.Computes)
	k.count++
	if !silent {
		k.publish("execute_input", map[string]any{"code": code, "execution_count": k.count}, asked)
	}
	if k.server.has(KernelDies) {
		book.EndOf(user, record.Computes, "the kernel died")
		k.become(dead, nil)
		return false
	}
	outcome := calc.Run(code, k.memory)
	if k.server.has(KernelWrong) {
		outcome.Printed, outcome.Result = wrong(outcome.Printed), wrong(outcome.Result)
	}
	if outcome.Printed != "" {
		k.publish("stream", map[string]any{"name": "stdout", "text": outcome.Printed}, asked)
	}
	if outcome.Err != nil {
		raised := failure(outcome.Err)
		k.publish("error", raised, asked)
		reply := map[string]any{"status": "error", "execution_count": k.count, "user_expressions": map[string]any{}, "payload": []any{}}
		maps.Copy(reply, raised)
		from.send(k.message("execute_reply", "shell", reply, asked))
		book.EndOf(user, record.Computes, outcome.Err.Error())
		return true
	}
	if outcome.Result != "" && !silent {
		k.publish("execute_result", map[string]any{
			"data": map[string]any{"text/plain": outcome.Result}, "metadata": map[string]any{}, "execution_count": k.count,
		}, asked)
	}
	from.send(k.message("execute_reply", "shell", map[string]any{
		"status": "ok", "execution_count": k.count, "user_expressions": map[string]any{}, "payload": []any{},
	}, asked))
	book.EndOf(user, record.Computes, "")
	return true
}

// failure is an exception as a kernel tells of it.
func failure(err error) map[string]any {
	raised := &calc.Error{Name: "RuntimeError", Value: err.Error()}
	_ = errors.As(err, &raised) // of calc, they all are
	return map[string]any{"ename": raised.Name, "evalue": raised.Value, "traceback": []string{raised.Error()}}
}

// wrong is an answer that is not the right one: its last digit is another.
func wrong(answer string) string {
	i := strings.LastIndexAny(answer, "0123456789")
	if i < 0 {
		return answer
	}
	return answer[:i] + string('0'+(answer[i]-'0'+1)%10) + answer[i+1:]
}
