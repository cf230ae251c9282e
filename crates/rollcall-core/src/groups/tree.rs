//! The graph rules, pure: whether edges would close a cycle, and which one.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Looks for a cycle among `edges` (parent, child). Gives it as a path that ends where it began, or none.
pub(crate) fn find_cycle<K: Copy + Eq + Hash>(edges: &[(K, K)]) -> Option<Vec<K>> {
    let mut children = HashMap::<K, Vec<K>>::new();
    for &(parent, child) in edges {
        children.entry(parent).or_default().push(child);
    }
    let mut done = HashSet::new();
    for &(start, _) in edges {
        // A stack of its own instead of recursion: the depth is the user's choice.
        let mut path = vec![start];
        let mut on_path = HashSet::from([start]);
        let mut next = vec![0];
        while let (Some(&node), Some(position)) = (path.last(), next.last_mut()) {
            let child =
                if done.contains(&node) { None } else { children.get(&node).and_then(|c| c.get(*position)).copied() };
            *position += 1;
            match child {
                Some(child) if on_path.contains(&child) => {
                    let from = path.iter().position(|n| *n == child).unwrap_or(0);
                    let mut cycle = path.split_off(from);
                    cycle.push(child);
                    return Some(cycle);
                }
                Some(child) => {
                    path.push(child);
                    on_path.insert(child);
                    next.push(0);
                }
                None => {
                    done.insert(node);
                    on_path.remove(&node);
                    path.pop();
                    next.pop();
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_and_dags_are_not() {
        let dags: [&[(u8, u8)]; 4] =
            [&[], &[(1, 2)], &[(1, 2), (1, 3), (2, 4), (3, 4)], &[(3, 4), (2, 3), (1, 2), (1, 4)]];
        for dag in dags {
            assert_eq!(find_cycle(dag), None, "{dag:?}");
        }
        assert_eq!(find_cycle(&[(1, 1)]), Some(vec![1, 1]));
        assert_eq!(find_cycle(&[(1, 2), (2, 1)]), Some(vec![1, 2, 1]));
        assert_eq!(find_cycle(&[(0, 1), (1, 2), (2, 3), (3, 1)]), Some(vec![1, 2, 3, 1]));
    }

    #[test]
    fn a_very_deep_chain_does_not_overflow_the_stack() {
        let mut edges: Vec<(u32, u32)> = (0..200_000).map(|n| (n, n + 1)).collect();
        assert_eq!(find_cycle(&edges), None);
        edges.push((200_000, 0));
        assert_eq!(find_cycle(&edges).map(|c| c.len()), Some(200_002));
    }
}
