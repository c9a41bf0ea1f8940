package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestStatusPage opens the page of an incident in a browser, light and dark, on a
// phone and on a screen. A user has called their repository something vile.
func TestStatusPage(t *testing.T) {
	t.Parallel()
	mustFindBrowser(t)
	p := placeIn(t, ownGameDay(t, "too-many-pods"), "prod")
	p.makeVilePod(t)
	file := filepath.Join(t.TempDir(), "status.html")
	p.run(t, "status", "--html", file, "--check-timeout", "20s").exits(3).says(`wrote .*status\.html`)
	p.checkSecrets(t, readFile(t, file))
	if !strings.Contains(readFile(t, file), "vile") {
		t.Error("the vile repository is not on the page, so nothing is proved of it")
	}
	b := openBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{390, 1280} {
			b.look(width, scheme)
			b.open(file)
			b.checkPage(t, file)
			var pale []string
			b.evaluate(paleTexts, &pale)
			if len(pale) > 0 {
				t.Errorf("%s at %d: too little contrast: %q", scheme, width, pale)
			}
			var over int
			b.evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over)
			if over > 0 {
				t.Errorf("%s at %d: %d pixels too wide", scheme, width, over)
			}
			var dark bool
			b.evaluate(`getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)'`, &dark)
			if dark != (scheme == "dark") {
				t.Errorf("it does not heed that the reader wants it %s", scheme)
			}
		}
	}
}

// checkPage holds what is true of the page however it is looked at.
func (b *browser) checkPage(t *testing.T, file string) {
	t.Helper()
	for _, method := range []string{"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Page.javascriptDialogOpening"} {
		for _, e := range b.seen(method) {
			t.Errorf("%s: %s", method, e.Params)
		}
	}
	for _, e := range b.seen("Network.requestWillBeSent") {
		if text := string(e.Params); !strings.Contains(text, `"url":"file://`+file) && !strings.Contains(text, `"url":"data:`) {
			t.Errorf("it asks for something: %s", text)
		}
	}
	var nameless, scripts int
	b.evaluate(`[...document.querySelectorAll('svg')].filter(s => s.getAttribute('role') !== 'img' ||
		!s.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id)?.textContent.trim())).length`, &nameless)
	b.evaluate(`document.scripts.length + document.querySelectorAll('img,iframe,object,link:not([href="data:,"])').length`, &scripts)
	var charts int
	b.evaluate(`document.querySelectorAll('svg').length`, &charts)
	if nameless > 0 || scripts > 0 || charts != 3 {
		t.Errorf("%d charts, %d without a name, %d things that have no place here", charts, nameless, scripts)
	}
}

// paleTexts lists the texts whose contrast with what is behind them is below 4.5
// to 1 (WCAG's AA).
const paleTexts = `(() => {
  const parse = c => c.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => { const f = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 };
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b) };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
  const pale = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement;
    if (!text || ['TITLE', 'DESC', 'STYLE'].includes(e.tagName.toUpperCase()) || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const a = light(parse(e.namespaceURI.endsWith('svg') ? style.fill : style.color)), b = light(behind(e));
    if ((Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5) pale.push(text);
  }
  return pale;
})()`

// makeVilePod makes pods of a repository whose name is an attack.
func (p *place) makeVilePod(t *testing.T) {
	t.Helper()
	const vile = `https://github.com/vile/"><script>alert(1)</script><img src=x onerror=alert(2)>`
	pods := p.kube.CoreV1().Pods(p.namespace)
	list, err := pods.List(context.Background(), metav1.ListOptions{LabelSelector: "component=singleuser-server", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	like := list.Items[0]
	like.Spec.NodeName, like.Status = "", corev1.PodStatus{}
	for i := range like.Spec.Containers {
		env := like.Spec.Containers[i].Env
		for j := range env {
			if env[j].Name == "BINDER_REPO_URL" {
				env[j].Value = vile
			}
		}
	}
	for i := range 60 { // so many that it is one of those drawn
		pod := like.DeepCopy()
		pod.ObjectMeta = metav1.ObjectMeta{
			Name: "jupyter-vile-" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Namespace: p.namespace, Labels: like.Labels, Annotations: like.Annotations,
		}
		if _, err := pods.Create(context.Background(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}
