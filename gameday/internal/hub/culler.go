package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// service is a program that asks the Hub over its API: BinderHub, and the idle
// culler.
type service struct {
	http  *http.Client
	base  string
	token string
}

func (l *life) service(token string) *service {
	return &service{http: &http.Client{}, base: fmt.Sprintf("http://127.0.0.1:%d/hub/api/", l.config.HubPort), token: token}
}

// do asks for something and reads the answer into into, unless that is nil.
func (s *service) do(ctx context.Context, method, path string, body, into any) (int, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		content = strings.NewReader(string(text))
	}
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, content)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "token "+s.token)
	request.Header.Set("Accept", pagination)
	response, err := s.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if into != nil {
		err = json.NewDecoder(response.Body).Decode(into)
	} else {
		_, err = io.Copy(io.Discard, response.Body)
	}
	return response.StatusCode, err
}

// listed is what the culler reads of users.
type listed struct {
	Items []struct {
		Name         string     `json:"name"`
		Created      time.Time  `json:"created"`
		LastActivity *time.Time `json:"last_activity"`
		Servers      map[string]struct {
			Pending      *string   `json:"pending"`
			Ready        bool      `json:"ready"`
			Started      time.Time `json:"started"`
			LastActivity time.Time `json:"last_activity"`
		} `json:"servers"`
	} `json:"items"`
	Pagination struct {
		Next *struct {
			Offset int `json:"offset"`
		} `json:"next"`
	} `json:"_pagination"`
}

// cull plays the idle culler.
func (l *life) cull() {
	hub := l.service(l.config.CullerToken)
	for l.sleep(l.config.Cull.Every) {
		l.cullState(hub, "ready")
		if l.config.Cull.Users {
			l.cullState(hub, "inactive")
		}
	}
}

func (l *life) cullState(hub *service, state string) {
	var all listed
	for offset := 0; ; {
		var part listed
		_, err := hub.do(l.ctx, http.MethodGet, fmt.Sprintf("users?state=%s&offset=%d", state, offset), nil, &part)
		if err != nil {
			return // one page that fails ends the round
		}
		all.Items = append(all.Items, part.Items...)
		if part.Pagination.Next == nil {
			break
		}
		offset = part.Pagination.Next.Offset
	}
	now := l.now()
	for _, u := range all.Items {
		if len(u.Servers) == 0 {
			idle := now.Sub(u.Created)
			if u.LastActivity != nil {
				idle = now.Sub(*u.LastActivity)
			}
			if idle > l.config.Cull.Timeout {
				l.log.SayAs(cullerLogger, info, "__init__:385", "Culling user %s (inactive for %s)", u.Name, clock(idle))
				_, _ = hub.do(l.ctx, http.MethodDelete, "users/"+url.PathEscape(u.Name), nil, nil) // the Hub logs how it went
			}
			continue
		}
		for _, server := range u.Servers {
			age, idle := now.Sub(server.Started), now.Sub(server.LastActivity)
			switch {
			case server.Pending != nil:
				l.log.SayAs(cullerLogger, warning, "__init__:220", "Not culling server %s with pending %s", u.Name, *server.Pending)
				continue
			case idle > l.config.Cull.Timeout:
				l.log.SayAs(cullerLogger, info, "__init__:255", "Culling server %s (inactive for %s)", u.Name, clock(idle))
			case l.config.Cull.MaxAge > 0 && age > l.config.Cull.MaxAge:
				l.log.SayAs(cullerLogger, info, "__init__:264", "Culling server %s (age: %s, inactive for %s)", u.Name, clock(age), clock(idle))
			default:
				continue
			}
			code, _ := hub.do(l.ctx, http.MethodDelete, "users/"+url.PathEscape(u.Name)+"/server", nil, nil) // the Hub logs how it went
			if code == http.StatusAccepted {
				l.log.SayAs(cullerLogger, warning, "__init__:316", "Server %s is slow to stop", u.Name)
			}
		}
	}
}

// clock writes a duration as the culler does.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}
