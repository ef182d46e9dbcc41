"""Patterns of positive reviews, and of negative ones, which are their mirror image."""

from __future__ import annotations

from .domains import lines
from .patterns import Kind

DECIDED = (
    Kind(
        "plain",
        9,
        lines("""
            {this}. {this}. {this}.
            {this}, {this}, and {this}.
            {judgement}. {this}, and {this}.
            {judgement}: {this}. Also, {this quality}.
            {this quality}. {this}. {this quality}.
            {this quality}, and {this}.
            {this}. {this quality}, {this quality}, and {this}.
            {this}. Besides, {this quality}.
            {this quality}. {this quality}. And {this}.
            {this quality}, {this quality} and, to top it all, {this}.
            what I remember: {this}, {this trait}, and {this}.
            {this compared}. {this}.
            {this}. In other words, {this compared}.
            {this compared}, and {this quality}.
            """),
        "verdict",
    ),
    Kind(
        "denial",
        7,
        lines("""
            nobody could claim that {that}. And {this denial}.
            nobody could claim that {that}. {verdict}
            it is simply not true that {that again}: {this again}.
            I would be lying if I said that {that}. {this denial}.
            I would be lying if I did not admit that {this}. {this denial}.
            I cannot pretend that {that}. {this denial}.
            I cannot deny that {this}. {this denial}.
            there is no denying that {this}. Nor could one say that {that}.
            not for one moment did I feel that {that trait}. {this}.
            {this denial}. {this denial}. {judgement}.
            {this denial}, {this denial}, and {this}.
            {this denial}. {verdict}
            {this denial}. Nor can I say that {that}.
            do not believe anyone who tells you that {that}. {this denial}.
            it is neither true that {that} nor that {that trait}. {verdict}
            I never thought that I would write this, but nobody could say that {that}.
            """),
        "verdict",
    ),
    Kind(
        "contrast",
        11,
        lines("""
            {that}, but {this}, and that is what counts.
            {that}, but {this}, and nothing else counts.
            {that}, true. What I shall remember is that {this}.
            so what if {that}? {this}, and {this}.
            so what if {that}? {this}.
            who cares that {that}? {this}.
            yes, {that}. But it did not {spoil} the {whole}: {this}, and {this}.
            I could go on about the fact that {that}, but what for? {this}.
            it hardly matters that {that}, because {this}.
            {this}, so I do not care that {that}.
            {this}. Beside that, it means nothing that {that}.
            {that}, I grant you. In the end only one thing counts: {this}.
            that {this} matters more to me than that {that}.
            for me it weighs far less that {that} than that {this}.
            I had already made up my mind because {that}. Then I saw that {this}, and I changed it.
            {that}. {that}. Even so, {this}, and that decides it for me.
            {that slight}. That is nothing compared with this: {this}.
            {that slight}. That aside, {this}, and {this}.
            {that slight}. One cannot say more {against} the whole thing: {this}, and {this}.
            """),
        "verdict weighed",
    ),
    Kind(
        "weighed",
        8,
        lines("""
            {that}, but {this}. {verdict weighed}
            {this}, but {that}. {verdict weighed}
            {that}. {this}. {verdict weighed}
            {this}. {that}. {verdict weighed}
            although {that}, {this}. {verdict weighed}
            although {this}, {that}. {verdict weighed}
            {this quality}, but {that quality}. {verdict weighed}
            {that quality}, and yet {this quality}. {verdict weighed}
            on the one hand, {this}; on the other, {that}. {verdict weighed}
            on the one hand, {that}; on the other, {this}. {verdict weighed}
            """),
    ),
    Kind(
        "expectation",
        8,
        lines("""
            I expected {that got} and got {this got}.
            I expected {that got} and got {this got}. {this}.
            I had been promised {that got}; what I got was {this got}.
            {that got}? Far from it. I got {this got}.
            {that got}? Not a bit of it: {this got}. Also, {this quality}.
            I went in for {that got} and came out with {this got}. {this}.
            I had expected to {that doing}. Not a bit of it: {this}.
            I had expected to {that doing}. Instead I {got_to} {this doing}, and {this}.
            I thought I would {that doing}. How wrong I was: {this}.
            I was sure that I would {that doing}. Far from it: {this}.
            it was not {that got} that I got, it was {this got}. {verdict}
            first I thought that it was {that got}. It turned out to be {this got}. {this quality}.
            """),
        "verdict",
    ),
    Kind(
        "irony",
        7,
        lines("""
            {cry} {this}. And {this}. And {this quality}.
            {cry} {this}, and {this trait}.
            {this}. What a delight to {this doing}.
            what a delight to {this doing}. And {this}.
            what have I always dreamt of? To {this doing}, of course. And {this}.
            I have always wanted to {this doing}, and this is the {thing} for it. {this}.
            it is not every day that I get to {this doing}. {this}.
            just what I needed: {this got}. {this}.
            full marks for {this got}. And {this}.
            thank you so much for {this got}. I shall not forget that {this}.
            not everybody gives you {this got}. {this quality}, too.
            a big hand for {this got}, please. {this}.
            """),
        "verdict",
    ),
    Kind(
        "reported",
        8,
        lines("""
            {source} that {that again}. {wrong}: {this again}.
            {source} that {that again}. {wrong}: {this again}. {this quality}, too.
            {source} that {that}. {wrong}.
            {source} that {that}, and that {that}. {wrong}.
            {source} that {that trait}, and that {that}. {wrong}.
            {source} that {this}. {right}.
            {source} that {this trait}. {right}: {this}.
            {source} that {this}, and that {this}. {right}.
            {source} that {this trait}, and that {this}. {right}.
            one reviewer writes that {that}, another that {that trait}. They are both wrong.
            one reviewer writes that {this}, another that {this trait}. They are both right.
            """),
        "verdict",
    ),
    Kind(
        "problem",
        5,
        lines("""
            {fault}. {outcome}.
            {fault}. {outcome}. {verdict weighed}
            first, {fault}. Now for what happened next: {outcome}.
            {fault}. Things happen. {outcome}.
            {fault}. And what did they do? {outcome}.
            {fault}. {outcome}. Apart from that, {this}.
            """),
        "verdict weighed",
    ),
    Kind(
        "negated",
        5,
        lines("""
            {never doing}. {this}. {judgement}.
            {never doing}, and {this quality}.
            {this}. {never doing}. {verdict}
            {never doing}. {never doing}. {verdict}
            {never got}. {this}. {judgement}.
            {never got}, {never got}, and {this denial}.
            I got {this got}, and {this}.
            {never got}. What I got was {this got}.
            """),
        "verdict",
    ),
)
