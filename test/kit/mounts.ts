// Mounts: small file systems of a test's own. Mounting needs a right that not every user has; a namespace of one's own,
// which most systems grant, has it. Where neither is granted a test is skipped with its reason, or fails where
// everything is required.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** How file systems can be mounted: in this process, in a namespace of a child, or not at all. */
export type MountWay = 'here' | 'namespace' | 'none';

/** What a child is started with so that it may mount. */
export const namespaceCommand: readonly [string, ...string[]] = ['unshare', '--user', '--map-root-user', '--mount'];

/** Finds out. */
export function mountWay(): MountWay {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-mount-'));
  const mount = ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder] as const;
  const [unshare, ...flags] = namespaceCommand;
  try {
    if (works('mount', ...mount.slice(1))) {
      execFileSync('umount', [folder], { stdio: 'ignore' });
      return 'here';
    }
    return works(unshare, ...flags, ...mount) ? 'namespace' : 'none';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A small file system in memory. */
export function mountMemory(t: Test, size: string): string {
  return mounted(t, ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs']);
}

/**
 * Covers a folder with a read-only view of itself, until what it returns is called: names there are neither made nor
 * removed. Files that are open stay as they are.
 */
export function coverReadOnly(t: Test, folder: string): () => void {
  execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' });
  execFileSync('mount', ['-o', 'remount,bind,ro', folder], { stdio: 'ignore' });
  let isCovered = true;
  const uncover = (): void => {
    if (isCovered) execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    isCovered = false;
  };
  t.teardown(uncover);
  return uncover;
}

/** Whether the image of a disk can be mounted: not everybody who mounts may have a loop device. */
export function mayMountImages(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-loop-'));
  const image = join(folder, 'image');
  try {
    const isMade = works('truncate', '-s', '4M', image) && works('mkfs.ext4', '-q', image);
    if (!isMade || !works('mount', '-o', 'loop', image, folder)) return false;
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the image of a disk with an ext4 on it. Returns its path. */
export function makeImage(t: Test, size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-image-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const image = join(folder, 'image');
  execFileSync('truncate', ['-s', size, image]);
  execFileSync('mkfs.ext4', ['-q', image]);
  return image;
}

/** Mounts the image of a disk. */
export function mountImage(t: Test, image: string): string {
  return mounted(t, ['-o', 'loop', image]);
}

/** Unmounts a file system, and repairs the image that it was on. */
export function repairImage(folder: string, image: string): void {
  execFileSync('umount', [folder], { stdio: 'ignore' });
  works('e2fsck', '-y', image); // tells by its exit code that there was something to repair
}

function mounted(t: Test, args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-small-'));
  execFileSync('mount', [...args, folder], { stdio: 'ignore' });
  t.teardown(() => {
    works('umount', '-l', folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function works(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
