// Package fair shares a bounded store among those who fill it, so that whoever
// writes most loses their own oldest rows first and nobody else's.
//
// A Class says whose a row is in up to three steps, from the outside in: the pool,
// guests or people of it, one person. Shares are given out in the same steps: the
// room is shared among the outermost members, each one's share among theirs. Who
// needs less than an even share leaves the rest to the others (max-min fairness),
// which is the same as taking from whoever holds most until it fits. So names that
// anybody can make up, guests or sessions, belong into an inner step: together they
// never get more than the step around them.
//
// A Ledger is used in two passes over the rows, the oldest first: Add counts, then
// Gone says of each row whether it must go. Both take constant time for a row, and
// the memory is that of the classes.
//
// Invariants:
//   - What is left is no more than the room, whatever the classes are.
//   - A row goes only when its class, or a step around it, is over its share.
//   - When so many members share a step that an even share would be less than the
//     grain, they are not told apart: the oldest rows of the step go first.
//
// What lives elsewhere: which classes there are, and what a row's size means
// (decision, issued); rows (store).
package fair
