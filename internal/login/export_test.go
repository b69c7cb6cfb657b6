package login

// Forget drops one token from the memory of verified tokens, so that it is
// fresh again.
func (j *JWT) Forget(token string, rules *Rules, want *Expect) {
	if set, err := j.set(rules, want); err == nil {
		j.memory.proven.Remove(rememberedAs(token, set))
	}
}
