// Package tensor holds element types, shapes, strided views and .npy files.
//
// A Tensor is a view: a shape and one stride an axis, counted in elements, over storage that views
// share. Unsqueeze, Expand, Permute, Diagonal and the rest return new views and never copy; a broadcast
// axis has stride 0. What cannot be a view (a reshape across a gap) is an error, and Clone says when a
// copy is made.
//
// The package computes nothing: einsum is the business of the packages above it.
package tensor
