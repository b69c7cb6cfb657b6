package policy

import "strconv"

// instant is a moment to the nanosecond.
type instant struct {
	sec  int64 // Unix seconds
	nano int32
}

func (t instant) compare(u instant) int {
	switch {
	case t.sec < u.sec:
		return -1
	case t.sec > u.sec:
		return 1
	}
	return compareInts(int(t.nano), int(u.nano))
}

// parseInstant reads the date forms of the policy language: W3C's profile of
// ISO 8601 from the year alone to fractions of a second, or epoch seconds. No
// zone means UTC. Four digits are a year, other whole numbers are seconds.
func parseInstant(s string) (instant, bool) {
	if len(s) > longestRead {
		return instant{}, false
	}
	if allDigits(s) && len(s) != 4 || len(s) > 1 && s[0] == '-' && allDigits(s[1:]) {
		sec, err := strconv.ParseInt(s, 10, 64)
		return instant{sec: sec}, err == nil
	}
	c := clock{rest: s, ok: true}
	year, month, day := c.number(4, 4), 1, 1
	if c.skip('-') {
		month = c.number(2, 2)
		if c.skip('-') {
			day = c.number(2, 2)
			if c.skip('T') || c.skip('t') {
				return c.time(year, month, day)
			}
		}
	}
	return c.instant(year, month, day, 0, 0)
}

// clock reads a date from left to right; ok turns false at the first mistake.
type clock struct {
	rest string
	ok   bool
}

func (c *clock) skip(b byte) bool {
	if c.rest == "" || c.rest[0] != b {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

// number reads between least and most digits.
func (c *clock) number(least, most int) int {
	n, i := 0, 0
	for i < len(c.rest) && i < most && isDigit(c.rest[i]) {
		n = n*10 + int(c.rest[i]-'0')
		i++
	}
	if i < least {
		c.ok = false
	}
	c.rest = c.rest[i:]
	return n
}

// time reads hh:mm[:ss[.fraction]][zone]. AWS has always taken one digit for
// the hour, a small t, and a zone of hours alone.
func (c *clock) time(year, month, day int) (instant, bool) {
	hour := c.number(1, 2)
	if !c.skip(':') {
		return instant{}, false
	}
	minute, second, nano := c.number(2, 2), 0, 0
	if c.skip(':') {
		second = c.number(2, 2)
		if c.skip('.') {
			digits := len(c.rest)
			nano = c.number(1, 9)
			for digits -= len(c.rest); digits < 9; digits++ {
				nano *= 10
			}
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		return instant{}, false
	}
	seconds := hour*3600 + minute*60 + second - c.zone()
	return c.instant(year, month, day, seconds, nano)
}

// zone reads Z, ±hh, ±hhmm, ±hh:mm or nothing, and returns seconds east.
func (c *clock) zone() int {
	sign := 1
	switch {
	case c.rest == "" || c.skip('Z') || c.skip('z'):
		return 0
	case c.skip('+'):
	case c.skip('-'):
		sign = -1
	default:
		c.ok = false
	}
	hour, minute := c.number(2, 2), 0
	if c.skip(':') || c.rest != "" {
		minute = c.number(2, 2)
	}
	if hour > 23 || minute > 59 {
		c.ok = false
	}
	return sign * (hour*3600 + minute*60)
}

// instant puts the parts together, refusing dates that do not exist.
func (c *clock) instant(year, month, day, seconds, nano int) (instant, bool) {
	if !c.ok || c.rest != "" || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return instant{}, false
	}
	return instant{sec: daysSince1970(year, month, day)*86400 + int64(seconds), nano: int32(nano)}, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts in years that begin in March, so that the leap day is
// the last of its year. time.Date takes several times as long.
func daysSince1970(year, month, day int) int64 {
	if month -= 3; month < 0 {
		month, year = month+12, year-1
	}
	year += 400 // keeps the divisions below above zero
	days := 365*year + year/4 - year/100 + year/400 + (153*month+2)/5 + day - 1
	const epoch = 719468 + 146097 // 1970-01-01, counted from -0400-03-01
	return int64(days - epoch)
}
