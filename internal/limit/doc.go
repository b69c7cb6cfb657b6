// Package limit says when the unsigned operations are called too often: anybody
// who reaches the server may call them, so how often is bounded per network
// address and per identity pool (design.md 9).
//
// It owns the numbers (AWS) and the token buckets. Who asks is elsewhere: package
// api for the address, before a call's input is looked at; package pool for the
// pool, once it is known to exist and before a token is verified.
//
// Both limits are multiples of what AWS publishes per account. Ten times is usual
// for one address: a company behind one address signs in undisturbed, and one
// address cannot take the machine. A pool has many addresses, so its usual limit
// is a hundred times that of an address: a hundred addresses at full speed do not shut the
// others out, and rows in the database still grow at a bounded rate. A bucket
// holds two seconds' worth, so that a burst after a quiet time is served.
//
// Which calls share a bucket:
//
//   - IPv4: one address. IPv6: one /64, the least that a customer gets.
//   - An address that is not known counts as one address.
//   - Loopback has no limit per address. Where it calls, a proxy on the same
//     machine that nobody named as trusted is likely, and all of the world would
//     be one client. The limits per pool hold there too.
//   - Each operation has buckets of its own.
//
// Memory is bounded: at most Entries buckets of addresses and as many of pools.
// What was not used for a while goes first, and an address that comes back starts
// with a full bucket. Whoever commands more addresses than that meets the limit
// of the pool, whose buckets are apart.
package limit
