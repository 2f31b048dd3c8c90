// Package pages asks the system for large pages under large memory. Each miss of the caches of addresses costs what lies
// across pages more than the memory itself does, and prefetchers stop at the ends of pages.
package pages

// Large is the bytes from which on memory is worth it: two pages of 2 MB, of which one then lies in it whole.
const Large = 4 << 20
