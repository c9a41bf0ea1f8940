package launchtest

import (
	"errors"
	"net/url"
	"strings"
)

// enoughLetters is how many letters a name must have for its capitals to say
// something new for ever: 2^20 spellings, of which each is built once.
const enoughLetters = 20

// fewestLetters is how many it must have for a build to be new most probably: 256
// spellings.
const fewestLetters = 8

// Fresh spells repositories as they were never spelt before. BinderHub names an
// image after the spelling of the repository, so it has to build one anew,
// though GitHub, GitLab and the names of hosts know no difference between a and
// A. It leaves an image in the registry each time.
type Fresh struct {
	random func() uint64
	used   map[string]bool
}

// NewFresh spells by numbers from random, each of whose bits is a capital.
func NewFresh(random func() uint64) *Fresh {
	return &Fresh{random: random, used: map[string]bool{}}
}

// Spell returns the repository in another spelling, not one that it returned
// before. Where capitals make a difference it is an error.
func (f *Fresh) Spell(repo Repo) (Repo, error) {
	for range 64 { // enough for chance
		spelt, err := f.spell(repo)
		if err != nil || !f.used[spelt.String()] {
			f.used[spelt.String()] = true
			return spelt, err
		}
	}
	return Repo{}, errors.New("all its spellings are used up: take a repository with a longer name")
}

func (f *Fresh) spell(repo Repo) (Repo, error) {
	var name, ref string
	switch repo.Provider {
	case gitHub:
		parts := strings.SplitN(repo.Spec, "/", 3)
		if len(parts) < 3 {
			return Repo{}, errors.New("a fresh build wants OWNER/NAME")
		}
		name, ref = parts[0]+"/"+parts[1], parts[2]
		if letters(name) < enoughLetters {
			return f.asGit(repo, "https://github.com/"+name, ref)
		}
		repo.Spec = f.capitals(name) + "/" + ref
		return repo, nil
	case gitLab:
		name, ref, _ = strings.Cut(repo.Spec, "/")
		plain, err := url.PathUnescape(name)
		if err != nil {
			return Repo{}, err
		}
		if letters(plain) < enoughLetters {
			return f.asGit(repo, "https://gitlab.com/"+plain, ref)
		}
		repo.Spec = quote(f.capitals(plain)) + "/" + ref
		return repo, nil
	case gist: // an image is named after the number alone
		parts := strings.SplitN(repo.Spec, "/", 3)
		return f.hostOf(repo, "https://gist.github.com/"+parts[1]+".git", strings.Join(parts[2:], ""))
	case anyGit:
		name, ref, _ = strings.Cut(repo.Spec, "/")
		plain, err := url.PathUnescape(name)
		if err != nil {
			return Repo{}, err
		}
		return f.hostOf(repo, plain, ref)
	default:
		return Repo{}, errors.New("a fresh build of what " + repo.Provider + " has cannot be forced: it has one name only")
	}
}

// asGit asks for a repository by its address, all of which can be spelt in
// capitals.
func (f *Fresh) asGit(repo Repo, address, ref string) (Repo, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	if letters(rest) < fewestLetters {
		return Repo{}, errors.New("a fresh build cannot be forced: its name has too few letters")
	}
	repo.Provider, repo.Spec = anyGit, quote(scheme+"://"+f.capitals(rest))+"/"+ref
	return repo, nil
}

// hostOf asks for a repository by an address of which only the host can be spelt
// in capitals: what follows is another server's business.
func (f *Fresh) hostOf(repo Repo, address, ref string) (Repo, error) {
	scheme, rest, found := strings.Cut(address, "://")
	host, path, _ := strings.Cut(rest, "/")
	if !found || letters(host) < fewestLetters || strings.Contains(host, "@") {
		return Repo{}, errors.New("a fresh build cannot be forced: the name of its host has too few letters to be spelt in a new way")
	}
	if ref == "" {
		ref = defaultRef
	}
	repo.Provider, repo.Spec = anyGit, quote(scheme+"://"+f.capitals(host)+"/"+path)+"/"+ref
	return repo, nil
}

func letters(text string) int {
	n := 0
	for _, c := range []byte(strings.ToLower(text)) {
		if c >= 'a' && c <= 'z' {
			n++
		}
	}
	return n
}

// capitals spells a text with capitals at random, and never without any.
func (f *Fresh) capitals(text string) string {
	spelt := []byte(strings.ToLower(text))
	bits, left := f.random(), 64
	for i, c := range spelt {
		if c < 'a' || c > 'z' {
			continue
		}
		if left == 0 {
			bits, left = f.random(), 64
		}
		if bits&1 == 1 {
			spelt[i] = c - 'a' + 'A'
		}
		bits, left = bits>>1, left-1
	}
	return string(spelt)
}
