package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

func TestMacEqualsCryptoHMAC(t *testing.T) {
	for _, keySize := range []int{0, 1, 20, 32, 63, 64, 65, 200} {
		for _, size := range []int{0, 1, 32, 63, 64, 65, 135, 319, 320, 321, 1000} {
			key, text := bytes.Repeat([]byte{7}, keySize), bytes.Repeat([]byte{3}, size)
			h := hmac.New(sha256.New, key)
			h.Write(text)
			if got := mac(key, text); !bytes.Equal(got[:], h.Sum(nil)) {
				t.Errorf("key of %d, text of %d: got another MAC", keySize, size)
			}
		}
	}
}

// The check value of CRC-64/NVME in the catalogue of CRC algorithms.
func TestCRC64NVME(t *testing.T) {
	c := newChecksum("x-amz-checksum-crc64nvme")
	c.hash.Write([]byte("123456789"))
	if got, want := hex.EncodeToString(c.hash.Sum(nil)), "ae8b14860a799888"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEveryCodeHasAName(t *testing.T) {
	for c := MissingAuth; c <= FileTooSmall; c++ {
		if int(c) >= len(codeNames) || codeNames[c] == "" {
			t.Errorf("code %d has no name", c)
		}
	}
}
