module github.com/binderctl/binderctl

go 1.26.0
