package config

import "reflect"

// Map returns the effective configuration under its setting names, with every
// secret replaced by a placeholder, as `rockpool config check` prints it.
func (c *Config) Map() map[string]any {
	out := map[string]any{}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("name")
		value := v.Field(i).Interface()
		if s, ok := value.(SecretValue); ok {
			if s.Empty() {
				value = ""
			} else {
				value = "[secret]"
			}
		}
		out[name] = value
	}
	return out
}
