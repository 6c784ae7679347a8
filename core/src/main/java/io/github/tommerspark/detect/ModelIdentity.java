package io.github.tommerspark.detect;

import java.io.Serializable;

/**
 * The identity of the files of a model, wherever they are.
 *
 * @param fingerprint SHA-256 in hex of what determines its answers, of large tensors samples only
 * @param weights SHA-256 in hex of all bytes of the backbone's tensors that are read; null where
 *     samples have to do, since more would cost too much time
 * @param classifier as the fingerprint, of what determines its labels; null without a classifier
 */
public record ModelIdentity(String fingerprint, String weights, String classifier)
    implements Serializable {}
