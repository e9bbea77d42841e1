//! The Merkle tree of RFC 6962 over the commit log: its root, and proofs that a commit is in it and that it only grew.
//!
//! The leaf of a commit is its file in `_commits/`, byte for byte; a commit names its data files with their hashes, so a
//! root speaks for every row. Anybody with SHA-256 can compute it again: `leaf = H(0x00 || file)`, `node = H(0x01 || left || right)`.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf.
#[must_use]
pub fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over leaves in their order; of none, the hash of nothing.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// The root after each leaf, in one walk: `roots(l)[i]` is the root of the first `i + 1` leaves.
#[must_use]
pub fn roots(leaves: &[Hash]) -> Vec<Hash> {
    // Complete subtrees from the left, as (leaves, root); their sizes are the binary digits of the count.
    let mut peaks: Vec<(usize, Hash)> = Vec::new();
    let mut all = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        let (mut size, mut top) = (1, *leaf);
        while let Some((_, left)) = peaks.pop_if(|(n, _)| *n == size) {
            top = node(&left, &top);
            size *= 2;
        }
        peaks.push((size, top));
        let whole = peaks.iter().rev().map(|(_, h)| *h).reduce(|right, left| node(&left, &right));
        all.extend(whole);
    }
    all
}

/// The proof that leaf `index` is in the tree of all leaves, lowest sibling first; `None` when there is no such leaf.
#[must_use]
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = if index < left.len() {
        (inclusion(left, index)?, root(right))
    } else {
        (inclusion(right, index - left.len())?, root(left))
    };
    proof.push(sibling);
    Some(proof)
}

/// The proof that the tree of the first `old` leaves is the beginning of the tree of all; `None` when there are fewer.
///
/// It is empty for an empty tree and for the tree itself.
#[must_use]
pub fn consistency(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old > leaves.len() {
        return None;
    }
    if old == 0 || old == leaves.len() {
        return Some(Vec::new());
    }
    Some(subproof(leaves, old, true))
}

/// `SUBPROOF` of RFC 6962 2.1.2: `known` while the old tree is still whole on this side.
fn subproof(leaves: &[Hash], old: usize, known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if old <= left.len() {
        let mut proof = subproof(left, old, known);
        proof.push(root(right));
        proof
    } else {
        let mut proof = subproof(right, old - left.len(), false);
        proof.push(root(left));
        proof
    }
}

/// Whether a proof shows that `leaf` is number `index` of the tree with this size and root (RFC 9162 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether a proof shows that the tree of `old` is the beginning of the tree of `new`, each a size and a root (RFC 9162 2.1.4.2).
///
/// An empty old tree is the beginning of every tree.
#[must_use]
pub fn verify_consistency(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return proof.is_empty() && *old_root == root(&[]);
    }
    // A tree whose size is a power of two is a node of the new tree: its own root begins the proof.
    let begins = old_size.is_power_of_two().then_some(*old_root);
    let mut path = begins.iter().chain(proof);
    let Some(first) = path.next() else { return false };
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            from_old = node(sibling, &from_old);
            from_new = node(sibling, &from_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node(&from_new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf(format!("commit {i}").as_bytes())).collect()
    }

    fn oracle(n: usize) -> MemoryBackedTree<Sha256, String> {
        let mut tree = MemoryBackedTree::new();
        (0..n).for_each(|i| tree.push(format!("commit {i}")));
        tree
    }

    fn flat(proof: &[Hash]) -> Vec<u8> {
        proof.concat()
    }

    #[test]
    fn roots_and_proofs_are_those_of_another_implementation() {
        for n in 1..=40 {
            let (ours, theirs) = (leaves(n), oracle(n));
            assert_eq!(root(&ours).as_slice(), theirs.root().as_bytes().as_slice(), "{n} leaves");
            assert_eq!(roots(&ours).last(), Some(&root(&ours)));
            for i in 0..n {
                let proof = inclusion(&ours, i).expect("a leaf");
                assert_eq!(flat(&proof), theirs.prove_inclusion(i).as_bytes(), "leaf {i} of {n}");
            }
            for added in 1..n {
                let proof = consistency(&ours, n - added).expect("a smaller tree");
                assert_eq!(flat(&proof), theirs.prove_consistency(added).as_bytes(), "{added} more to {n}");
            }
        }
    }

    #[test]
    fn proofs_hold_for_what_they_prove_and_for_nothing_else() {
        for n in 1..=20_usize {
            let all = leaves(n);
            let (size, whole) = (n as u64, root(&all));
            for i in 0..n {
                let proof = inclusion(&all, i).expect("a leaf");
                assert!(verify_inclusion(&all[i], i as u64, size, &proof, &whole));
                assert!(!verify_inclusion(&leaf(b"another"), i as u64, size, &proof, &whole));
                assert!(
                    !verify_inclusion(&all[i], i as u64 + 1, size, &proof, &whole),
                    "leaf {i} of {n} at the next place"
                );
            }
            for old in 0..=n {
                let proof = consistency(&all, old).expect("a smaller tree");
                let before = root(&all[..old]);
                assert!(verify_consistency((old as u64, &before), (size, &whole), &proof), "{old} to {n}");
                let mut rewritten = all.clone();
                rewritten[0] = leaf(b"another past");
                if old > 0 {
                    let forged = consistency(&rewritten, old).expect("a smaller tree");
                    assert!(!verify_consistency((old as u64, &before), (size, &root(&rewritten)), &forged), "{old} to {n}");
                }
            }
        }
        assert!(inclusion(&leaves(3), 3).is_none());
        assert!(consistency(&leaves(3), 4).is_none());
    }
}
