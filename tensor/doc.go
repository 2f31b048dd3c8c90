// Package tensor holds element types, shapes, strided views and .npy files.
//
// A Tensor is a view: a shape and one stride an axis, counted in elements, over storage that views
// share. Unsqueeze, Expand, Permute, Diagonal and the rest return new views and never copy; a broadcast
// axis has stride 0. What cannot be a view (a reshape across a gap) is an error, and Clone says when a
// copy is made.
//
// The package computes nothing: einsum is the business of the packages above it.
//
// What always holds:
//
//   - Every element of a view lies inside its storage: there is no way to make one that does not.
//   - Shapes have at most MaxRank axes, tensors at most MaxBytes bytes, counted as if every element of
//     the view were stored; products of extents are checked for overflow before anything is allocated.
//   - Input of any kind, .npy files included, gives an *Error with a Code, never a panic.
//   - A Tensor's shape, strides and place never change after it is made, so a Tensor may be used by many
//     goroutines at once. Its elements are plain memory: writing them needs the caller's own order.
package tensor
