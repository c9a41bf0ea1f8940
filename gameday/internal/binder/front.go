package binder

import (
	"fmt"
	"net/http"
)

// front is what stands between users and BinderHub, with what can be wrong there.
func (b *Binder) front(behind http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, code := range map[string]int{Front502: http.StatusBadGateway, Front503: http.StatusServiceUnavailable, Front504: http.StatusGatewayTimeout} {
			if b.has(name) {
				gatewayPage(w, code)
				return
			}
		}
		if b.has(FrontRedirectLoop) {
			http.Redirect(w, r, "http://"+r.Host+r.URL.RequestURI(), http.StatusFound)
			return
		}
		behind.ServeHTTP(w, r)
	})
}

// gatewayPage is the page of an ingress that reaches nobody.
func gatewayPage(w http.ResponseWriter, code int) {
	text := fmt.Sprintf("%d %s", code, map[int]string{
		http.StatusBadGateway: "Bad Gateway", http.StatusServiceUnavailable: "Service Temporarily Unavailable", http.StatusGatewayTimeout: "Gateway Time-out",
	}[code])
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(code)
	fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", text)
}
