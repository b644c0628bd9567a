// Verify checks one shard of an evidence log with Go's transparency log code, which shares nothing with speguard.
//
//	usage: verify [-from SIZE] SHARD VKEY [INDEX...]
//
// It opens SHARD/checkpoint with VKEY, computes the root from SHARD/tile, holds every entry that is here against its
// tile, proves the entries at INDEX, and proves that the log only grew since SIZE: against SHARD/checkpoints/SIZE when
// that is here. One line for each check; the first that fails ends the program with exit code 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height, width = 8, 256

func main() {
	from := flag.Int64("from", 0, "prove that the log only grew since this size")
	flag.Parse()
	check("usage", when(flag.NArg() < 2, "verify [-from SIZE] SHARD VKEY [INDEX...]"))
	shard := shard(flag.Arg(0))
	key, err := note.NewVerifier(flag.Arg(1))
	check("key", err)
	tree := shard.checkpoint("checkpoint", key)
	fmt.Printf("ok checkpoint of %s: size %d, root %v\n", key.Name(), tree.N, tree.Hash)
	hashes := tlog.TileHashReader(tree, shard)
	root, err := tlog.TreeHash(tree.N, hashes)
	check("tiles", err, when(root != tree.Hash, "they hash to %v", root))
	present := int64(0)
	for n := int64(0); n*width < tree.N; n++ {
		present += shard.entries(n, tree.N, hashes)
	}
	fmt.Printf("ok tiles hash to the root, and %d of %d entries are here, each as its tile has it\n", present, tree.N)
	for _, sample := range flag.Args()[2:] {
		index, err := strconv.ParseInt(sample, 10, 64)
		check("entry "+sample, err, when(index < 0 || index >= tree.N, "the log has %d entries", tree.N))
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		check("entry "+sample, err)
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		check("entry "+sample, err, tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf[0]))
		fmt.Printf("ok entry %d: leaf %v, proof %v\n", index, leaf[0], proof)
	}
	if *from > 0 {
		old := tlog.Tree{N: *from}
		old.Hash, err = tlog.TreeHash(old.N, hashes)
		signed := fmt.Sprintf("checkpoints/%020d", old.N)
		if _, absent := os.Stat(filepath.Join(string(shard), signed)); absent == nil {
			old = shard.checkpoint(signed, key)
		}
		proof, unproved := tlog.ProveTree(tree.N, old.N, hashes)
		check("growth", err, unproved, tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
		fmt.Printf("ok growth since size %d: root %v, proof %v\n", old.N, old.Hash, proof)
	}
}

// shard is a folder in the layout of C2SP tlog-tiles.
type shard string

func (s shard) Height() int                     { return height }
func (s shard) SaveTiles([]tlog.Tile, [][]byte) {}

func (s shard) ReadTiles(ids []tlog.Tile) (tiles [][]byte, err error) {
	tiles = make([][]byte, len(ids))
	for i, id := range ids {
		if tiles[i], err = s.read(id); err != nil {
			return nil, err
		}
	}
	return tiles, nil
}

// read reads a tile. Go names the height in its path and calls entries data; C2SP does neither.
func (s shard) read(id tlog.Tile) ([]byte, error) {
	path := strings.Replace(strings.Replace(id.Path(), "tile/8/", "tile/", 1), "tile/data/", "tile/entries/", 1)
	return os.ReadFile(filepath.Join(string(s), path))
}

// checkpoint reads what the key has signed.
func (s shard) checkpoint(path string, key note.Verifier) tlog.Tree {
	data, err := os.ReadFile(filepath.Join(string(s), path))
	check(path, err)
	signed, err := note.Open(data, note.VerifierList(key))
	check(path, err)
	for _, signature := range signed.Sigs { // Go lets loose bits behind the last byte pass.
		_, err := base64.StdEncoding.Strict().DecodeString(signature.Base64)
		check(path, err)
	}
	lines := strings.Split(signed.Text, "\n")
	check(path, when(len(lines) != 4 || lines[0] != key.Name(), "not the three lines of %s", key.Name()))
	size, err := strconv.ParseUint(lines[1], 10, 63)
	root, wrong := tlog.ParseHash(lines[2])
	check(path, err, wrong)
	return tlog.Tree{N: int64(size), Hash: root}
}

// entries holds the leaves of a tile against the tree, the entries of its bundle against the leaves, and counts these.
func (s shard) entries(n, size int64, hashes tlog.HashReader) int64 {
	id := tlog.Tile{H: height, L: -1, N: n, W: int(min(width, size-n*width))}
	indexes := make([]int64, id.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, n*width+int64(i))
	}
	leaves, err := hashes.ReadHashes(indexes)
	check("tiles", err)
	data, err := s.read(id)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	check("entries", err)
	for i, leaf := range leaves {
		var length uint16
		_, err := binary.Decode(data, binary.BigEndian, &length)
		end := 2 + int(length)
		check("entries", err, when(len(data) < end, "bundle %d ends inside entry %d", n, i))
		check("entries", when(tlog.RecordHash(data[2:end]) != leaf, "entry %d is not as its tile has it", n*width+int64(i)))
		data = data[end:]
	}
	check("entries", when(len(data) > 0, "bundle %d has %d bytes behind its last entry", n, len(data)))
	return int64(id.W)
}

func when(wrong bool, format string, values ...any) error {
	if wrong {
		return fmt.Errorf(format, values...)
	}
	return nil
}

func check(what string, errs ...error) {
	for _, err := range errs {
		if err != nil {
			fmt.Printf("FAILED %s: %v\n", what, err)
			os.Exit(1)
		}
	}
}
