package iamapi

// Encoded gives tests the encoding of documents.
func Encoded(document string) string { return *encoded(document) }
