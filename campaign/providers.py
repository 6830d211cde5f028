"""Servers where anybody can have an account: an account there says nothing about who somebody is."""

from __future__ import annotations

_CHAT = """
404.city 5222.de a3.pm adminforge.de anonym.im anoxinon.me aria-net.org asra.gr autistici.org beeper.com beeper.local
blabber.im bolha.chat calyxinstitute.org chalec.org chapril.org cheogram.com chinwag.im conversations.im converser.eu
creep.im cyberia.club dismail.de disroot.org draugr.de envs.net exploit.im fedora.im feneas.org g24.at
gitter.im hackliberty.org halogen.city hookipa.net hot-chilli.eu hot-chilli.net im.apinc.org inventati.org jabb.im
jabber.at jabber.ccc.de jabber.cz jabber.de jabber.fr jabber.hot-chilli.net jabber.org jabber.ru jabber.se jabberes.org
jabberfr.org jabjab.de jmp.chat jwchat.org kde.org libranet.de librem.one lightwitch.org linuxlovers.at loma.ml
macaw.me magicbroccoli.de matrix.im matrix.org monero.social monocles.de monocles.eu movim.eu mozilla.org mtrx.nz
nitro.chat nixnet.services nope.chat opensuse.org otr.chat pimux.de poa.st prav.app privacytools.io pub.solar
quicksy.im riseup.net rows.io snopyta.org studichat.de suchat.org sure.im systemausfall.org systemli.org t2bot.io
tchncs.de tedomum.net thesecure.biz tigase.im trashserver.net unredacted.org wiuwiu.de xabber.org xmpp.earth xmpp.is
xmpp.jp xmpp.social yax.im yatrix.org zom.im
"""
_MAIL = """
aol.com aol.fr aliceadsl.fr bbox.fr bluewin.ch club-internet.fr e.email ecomail.fr etik.com fastmail.com fastmail.fm
free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr gmx.net googlemail.com hey.com hotmail.be hotmail.com hotmail.de
hotmail.es hotmail.fr hotmail.it icloud.com ik.me ikmail.com laposte.net live.be live.com live.fr mac.com mail.com
mail.ru mailbox.org mailfence.com mailo.com me.com msn.com murena.io neuf.fr numericable.fr orange.fr outlook.be
outlook.com outlook.de outlook.es outlook.fr outlook.it pm.me posteo.de posteo.net proton.me protonmail.ch
protonmail.com proximus.be rocketmail.com runbox.com sapo.pt sfr.fr skynet.be t-online.de telenet.be tuta.com tuta.io
tutamail.com tutanota.com tutanota.de wanadoo.fr web.de yahoo.ca yahoo.co.uk yahoo.com yahoo.de yahoo.es yahoo.fr
yahoo.it yandex.com yandex.ru ymail.com zaclys.com zaclys.net zoho.com zoho.eu
"""

PUBLIC_PROVIDERS = frozenset((*_CHAT.split(), *_MAIL.split()))
"""Well-known public servers on Matrix and XMPP, and mail hosts; each stands for all that is below it."""
