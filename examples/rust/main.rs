//! A product of three matrices under a limit of memory: see run.sh for how it is built.

mod sizes {
    #![allow(dead_code)]
    include!(env!("EINC_SIZES"));
}

extern "C" {
    fn chain(out: *mut f64, a: *const f64, b: *const f64, c: *const f64, workspace: *mut u8);
    #[cfg(target_arch = "x86_64")]
    fn chain_cpu() -> i32;
}

const I: usize = 90;
const J: usize = 80;
const K: usize = 70;
const L: usize = 60;

/// A block of memory as the header asks for it: 64 is CHAIN_WORKSPACE_ALIGN.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code)] [u8; sizes::CHAIN_WORKSPACE_ALIGN]);

/// The product, safe to call: the slices' lengths are all that the kernel needs to be right about.
fn product(out: &mut [f64], a: &[f64], b: &[f64], c: &[f64]) {
    assert_eq!((out.len(), a.len(), b.len(), c.len()), (I * L, I * J, J * K, K * L));
    let lines = sizes::CHAIN_WORKSPACE_BYTES.div_ceil(sizes::CHAIN_WORKSPACE_ALIGN);
    let mut workspace = vec![Line([0; sizes::CHAIN_WORKSPACE_ALIGN]); lines];
    unsafe { chain(out.as_mut_ptr(), a.as_ptr(), b.as_ptr(), c.as_ptr(), workspace.as_mut_ptr().cast()) }
}

/// The product of two matrices by the definition.
fn naive(a: &[f64], b: &[f64], rows: usize, inner: usize, columns: usize) -> Vec<f64> {
    let mut out = vec![0.0; rows * columns];
    for i in 0..rows {
        for j in 0..columns {
            out[i * columns + j] = (0..inner).map(|k| a[i * inner + k] * b[k * columns + j]).sum();
        }
    }
    out
}

fn numbers(n: usize, m: usize) -> Vec<f64> {
    (0..n).map(|i| (i % m) as f64 - 2.0).collect()
}

fn main() {
    #[cfg(target_arch = "x86_64")]
    if unsafe { chain_cpu() } < 3 {
        println!("this CPU is too old for the kernel");
        return;
    }
    let (a, b, c) = (numbers(I * J, 5), numbers(J * K, 7), numbers(K * L, 3));
    let mut out = vec![f64::NAN; I * L];
    product(&mut out, &a, &b, &c);
    assert_eq!(out, naive(&naive(&a, &b, I, J, K), &c, I, K, L));
    println!("{I}x{J}x{K}x{L} with {} bytes of workspace: right", sizes::CHAIN_WORKSPACE_BYTES);
}
