#!/usr/bin/env node
/** The command by the name that it had: earlier revisions, with which `bench` compares, and scripts call it so. wirelet.cjs starts sooner. */
import './wirelet.cjs';
