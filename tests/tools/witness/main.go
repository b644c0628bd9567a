// witness is the witness of transparency-dev on a loopback port, with a fresh key and its state in memory.
//
// usage: witness LOG-VKEY...
// It prints its own key and then its address, one a line, and ends when its standard input does.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	sumdb "golang.org/x/mod/sumdb/note"
)

func main() {
	logs := map[string]sumdb.Verifier{}
	for _, vkey := range os.Args[1:] {
		verifier, err := sumdb.NewVerifier(vkey)
		check(err)
		logs[verifier.Name()] = verifier
	}
	secret, public, err := sumdb.GenerateKey(rand.Reader, "witness.example/w1")
	check(err)
	signer, err := note.NewSignerForCosignatureV1(secret)
	check(err)
	cosigning, err := note.VKeyToCosignatureV1(public)
	check(err)
	known, err := witness.New(context.Background(), witness.Opts{
		Persistence: inmemory.New(),
		Signers:     []sumdb.Signer{signer},
		VerifierForLog: func(_ context.Context, origin string) (sumdb.Verifier, bool, error) {
			verifier, ok := logs[origin]
			return verifier, ok, nil
		},
	})
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(cosigning)
	fmt.Println("http://" + listener.Addr().String())
	http.HandleFunc("POST /add-checkpoint", witness.NewHTTPHandler(known).AddCheckpoint)
	go func() { log.Fatal(http.Serve(listener, nil)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
