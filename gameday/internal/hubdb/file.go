package hubdb

import (
	"encoding/json"
	"fmt"
	"os"
)

// Read reads a database.
func Read(path string) (*Content, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the Hub's database: %w", err)
	}
	content := new(Content)
	if err := json.Unmarshal(bytes, content); err != nil {
		return nil, fmt.Errorf("read the Hub's database %s: %w", path, err)
	}
	return content, nil
}

// Write replaces a database in one step: who is killed meanwhile leaves the old
// one.
func Write(path string, content *Content) error {
	bytes, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write the Hub's database: %w", err)
	}
	if err := os.WriteFile(path+".new", bytes, 0o600); err != nil {
		return fmt.Errorf("write the Hub's database: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write the Hub's database: %w", err)
	}
	return nil
}
