// Package ui is everything about how binderctl looks: where text goes, what
// shape an answer takes, how work in progress is shown and how a question is
// asked. It decides nothing about pods, nodes or hubs; commands hand it plain
// values and it lays them out.
//
// A command meets four things here:
//
//   - [Terminal], the three streams and what is known about them. [Terminal.Say]
//     and [Terminal.Warn] talk to the operator on stderr.
//   - [Format], the value of -o, and [Print], which writes an answer to stdout in
//     that format. Columns are data: a header and a function per column.
//   - [Terminal.Start], which shows the progress of anything over a second.
//   - [Terminal.Confirm], which asks before a change.
//
// Three rules hold throughout. Stdout carries the answer and nothing else. Text
// that came from a cluster passes through [Clean] before it reaches a terminal,
// because a pod's name or log line may hold escape codes. Colour only repeats
// what a word already says.
//
// This is the only package that may import tablewriter and fatih/color; live,
// below it, is the only one that may import bubbletea.
package ui
